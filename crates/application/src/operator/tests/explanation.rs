//! Why a session is over.

use vestibule_domain::{
    message::Message,
    session::{DeviceName, Origin, Session},
};

use super::*;
use crate::{
    operator::explanation::{Expiry, Explanation},
    ports::About,
};

const ID: Uuid = Uuid::from_u128(5);
const SUBJECT: Subject = Subject::User(UserId::from_uuid(ALICE));

fn message(id: u64, kind: EventKind, session: bool, at: Timestamp) -> Message {
    let session = session.then_some(SessionId::from_uuid(ID));
    let by = Agent { operator: ClientName::parse("ops").ok(), instance: None };
    Message { id, event: Event { kind, at, session, subject: Some(SUBJECT), origin: None, address: None, by } }
}

fn session(change: impl FnOnce(&mut Session)) -> Session {
    let begun = NOW.minus(std::time::Duration::from_mins(5));
    let mut session = Session::begin(SessionId::from_uuid(ID), Origin::new("test"), DeviceName::default(), begun, NOW);
    session.subject = SUBJECT;
    change(&mut session);
    session
}

async fn explained(session: Option<Session>, log: Vec<Message>) -> Result<Explanation, Error> {
    let mut world = World::with_alice(|_| ());
    world.sessions.expect_by_id().returning(move |_| Ok(session.clone()));
    world.messages.expect_about().returning(move |about, after, _| {
        let is_meant = |message: &&Message| match about {
            About::Session(id) => message.event.session == Some(id),
            About::Subject(subject) => message.event.subject == Some(subject),
        };
        Ok(log.iter().filter(is_meant).filter(|message| message.id > after).cloned().collect())
    });
    world.operator().explain_session(SessionId::from_uuid(ID)).await
}

fn ended(reason: EndReason) -> Session {
    session(|session| session.ended = Some(Ending { at: NOW, reason }))
}

#[tokio::test]
async fn a_session_that_ended_with_its_users_access_names_what_was_done() {
    let earlier = NOW.minus(std::time::Duration::from_secs(9));
    let log = vec![
        message(1, EventKind::UserDisabled, false, NOW),
        message(2, EventKind::SessionAuthenticated, true, earlier),
        message(3, EventKind::UserDisabled, false, earlier),
        message(4, EventKind::RightsChanged, false, NOW),
        message(5, EventKind::UserDisabled, false, NOW),
    ];
    let explained = explained(Some(ended(EndReason::SubjectChanged)), log).await.unwrap();
    assert_eq!(explained.cause.as_ref().map(|message| message.id), Some(5));
    assert_eq!(explained.ended_by().unwrap().event.by.operator.as_ref().unwrap().as_str(), "ops");
    assert_eq!((explained.messages.len(), explained.why()), (1, "Its user was disabled."));
}

#[tokio::test]
async fn a_session_that_was_ended_by_itself_is_known_by_its_own_message() {
    let log = vec![
        message(1, EventKind::SessionBegun, true, NOW),
        message(2, EventKind::SessionEnded(EndReason::SignedOut), true, NOW),
    ];
    let explained = explained(Some(ended(EndReason::SignedOut)), log).await.unwrap();
    assert_eq!((explained.cause.as_ref(), explained.ended_by().map(|message| message.id)), (None, Some(2)));
}

#[tokio::test]
async fn an_expiry_is_idle_or_absolute() {
    let idle = session(|session| session.idle_ttl = Some(std::time::Duration::from_secs(9)));
    let idle = explained(Some(idle), Vec::new()).await.unwrap();
    assert_eq!(
        (idle.expiry, idle.why()),
        (Some(Expiry::Idle), "It was not used for longer than a session of its kind may be.")
    );
    assert_eq!(explained(Some(ended(EndReason::Expired)), Vec::new()).await.unwrap().expiry, Some(Expiry::Absolute));
    assert_eq!(explained(Some(ended(EndReason::Replaced)), Vec::new()).await.unwrap().expiry, None);
}

#[tokio::test]
async fn the_log_remembers_a_session_that_the_store_forgot() {
    let log = vec![message(1, EventKind::SessionEnded(EndReason::Expired), true, NOW)];
    let known = explained(None, log).await.unwrap();
    assert!(known.session.is_none() && known.messages.len() == 1);
    assert_eq!(known.why(), "It expired.");
    let unknown = explained(None, Vec::new()).await.err();
    assert!(matches!(unknown, Some(Error::UnknownSession(_))), "{unknown:?}");
}

#[tokio::test]
async fn a_forgotten_session_that_ended_with_its_users_access_names_what_was_done_first() {
    let begun = [message(1, EventKind::UserDisabled, false, NOW), message(2, EventKind::SessionBegun, true, NOW)];
    for (kind, why) in [
        (EventKind::PasswordChanged, "Its user's password was changed."),
        (EventKind::SessionEnded(EndReason::Revoked), "An operator ended all sessions of its user or node."),
    ] {
        let later = [
            message(3, EventKind::RightsChanged, false, NOW),
            message(4, kind, false, NOW),
            message(5, EventKind::UserRemoved, false, NOW),
        ];
        let explained = explained(None, begun.iter().cloned().chain(later).collect()).await.unwrap();
        assert_eq!((explained.ended_by().map(|message| message.id), explained.why()), (Some(4), why));
        assert_eq!(explained.messages.len(), 1);
    }
}

#[tokio::test]
async fn what_was_done_to_a_user_later_did_not_end_what_had_ended_or_was_theirs_no_more() {
    for (last, why) in [
        (EventKind::SessionEnded(EndReason::Expired), "It expired."),
        (EventKind::SessionSignedOut, "It is forgotten, and the log does not tell how it ended."),
    ] {
        let log = vec![
            message(1, EventKind::SessionAuthenticated, true, NOW),
            message(2, last, true, NOW),
            message(3, EventKind::UserDisabled, false, NOW),
        ];
        let explained = explained(None, log).await.unwrap();
        assert_eq!((explained.cause.as_ref(), explained.why()), (None, why));
    }
}

/// A session of the user that another message names was ended alone.
#[tokio::test]
async fn the_end_of_another_session_of_the_user_explains_nothing() {
    let mut other = message(3, EventKind::SessionEnded(EndReason::Revoked), false, NOW);
    other.event.session = Some(SessionId::from_uuid(Uuid::from_u128(6)));
    let explained = explained(None, vec![message(2, EventKind::SessionBegun, true, NOW), other]).await.unwrap();
    assert_eq!(explained.why(), "It is forgotten, and the log does not tell how it ended.");
}
