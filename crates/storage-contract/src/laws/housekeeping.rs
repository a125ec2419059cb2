//! Expiring and forgetting.

use std::time::Duration;

use vestibule_application::change::Change;
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    session::{EndReason, Ending, Lifetimes, Session, Subject},
};

use crate::{
    Store,
    fixtures::{
        ABSOLUTE, IDLE, anonymous, at, digest, digest_of, ending, login_token, session_id, session_of, user_id,
    },
};

const ALL: u32 = 1_000_000;

async fn expire(store: &Store, millis: i64) -> u32 {
    store.housekeeping.expire(at(millis), ALL).await.unwrap()
}

async fn forget(store: &Store, millis: i64) -> u32 {
    store.housekeeping.forget(at(millis), ALL).await.unwrap()
}

async fn expires_exactly_at(store: &Store, session: &Session, millis: i64) {
    assert_eq!(expire(store, millis - 1).await, 0, "a millisecond early");
    assert!(store.session(session.id).await.unwrap().ended.is_none());
    assert_eq!(expire(store, millis).await, 1);
    let end = Ending { at: at(millis), reason: EndReason::Expired };
    assert_eq!(store.session(session.id).await.unwrap().ended, Some(end));
    assert_eq!(expire(store, millis + 1).await, 0, "it expired already");
}

pub async fn a_session_expires_at_its_absolute_expiry_and_not_before(store: Store) {
    store.begins(&anonymous(1)).await;
    expires_exactly_at(&store, &anonymous(1), ABSOLUTE).await;
}

pub async fn a_session_expires_at_its_idle_expiry_and_not_before(store: Store) {
    store.begins(&session_of(1, 1)).await;
    expires_exactly_at(&store, &session_of(1, 1), IDLE).await;
}

pub async fn a_sighting_postpones_the_idle_expiry_but_not_the_absolute_one(store: Store) {
    let (used, busy) = (session_of(1, 1), session_of(2, 1));
    store.begins(&used).await;
    store.begins(&busy).await;
    store.does([Change::TouchSessions(vec![(used.id, at(700)), (busy.id, at(ABSOLUTE - 1))])]).await;
    expires_exactly_at(&store, &used, 700 + IDLE).await;
    expires_exactly_at(&store, &busy, ABSOLUTE).await;
}

pub async fn an_expired_session_is_not_brought_back_by_a_late_sighting(store: Store) {
    store.begins(&session_of(1, 1)).await;
    assert!(store.session(session_id(1)).await.unwrap().ended.is_none());
    assert_eq!(expire(&store, IDLE).await, 1);
    store.does([Change::TouchSessions(vec![(session_id(1), at(IDLE - 1))])]).await;
    assert!(store.session(session_id(1)).await.unwrap().ended.is_some());
}

pub async fn a_session_signed_out_expires_by_its_new_lifetime(store: Store) {
    let mut session = session_of(1, 1);
    store.begins(&session).await;
    let lifetimes = Lifetimes { anonymous: Duration::from_secs(5), ..Lifetimes::default() };
    session.sign_out(&lifetimes, at(100));
    store.does([Change::SaveSession { session: session.clone(), expected_epoch: 1 }]).await;
    expires_exactly_at(&store, &session, 5_100).await;
}

pub async fn each_expiry_is_in_the_log(store: Store) {
    let sessions = [session_of(1, 1), anonymous(2)];
    for session in &sessions {
        store.begins(session).await;
    }
    expire(&store, ABSOLUTE).await;
    let mut events: Vec<Event> =
        store.messages.page(0, ALL).await.unwrap().into_iter().map(|message| message.event).collect();
    events.sort_by_key(|event| event.session);
    let told = sessions.map(|session| Event {
        kind: EventKind::SessionEnded(EndReason::Expired),
        at: at(ABSOLUTE),
        session: Some(session.id),
        subject: Some(session.subject),
        origin: Some(session.origin),
        address: None,
        by: Agent::default(),
    });
    assert_eq!(events, told);
}

pub async fn no_more_expire_at_a_time_than_allowed(store: Store) {
    for number in 1..=5 {
        store.begins(&anonymous(number)).await;
    }
    for expired in [2, 2, 1, 0] {
        assert_eq!(store.housekeeping.expire(at(ABSOLUTE), 2).await.unwrap(), expired);
    }
    assert_eq!(store.recorded().await, 5);
    assert_eq!(store.housekeeping.expire(at(ABSOLUTE), 0).await.unwrap(), 0);
}

pub async fn what_has_ended_does_not_expire(store: Store) {
    store.begins(&session_of(1, 1)).await;
    store.begins(&Session { ended: Some(ending(5)), ..session_of(2, 1) }).await;
    store.does([Change::EndSession { id: session_id(1), ending: ending(5) }]).await;
    let before = store.recorded().await;
    assert_eq!(expire(&store, ABSOLUTE).await, 0);
    for number in [1, 2] {
        assert_eq!(store.session(session_id(number)).await.unwrap().ended, Some(ending(5)));
    }
    assert_eq!(store.recorded().await, before);
}

/// Forgets at the moment itself, which must keep the session, and a millisecond later, which must not.
async fn is_forgotten_after(store: &Store, session: &Session, millis: i64) {
    assert_eq!(forget(store, millis).await, 0);
    assert!(store.session(session.id).await.is_some());
    assert_eq!(forget(store, millis + 1).await, 1);
    assert_eq!(store.session(session.id).await, None);
    assert_eq!(store.sessions.by_digest(&digest_of(session.id)).await.unwrap(), None);
}

pub async fn an_ended_session_is_forgotten_after_its_end_and_not_at_it(store: Store) {
    let session = session_of(1, 1);
    store.begins(&session).await;
    store.does([Change::EndSession { id: session.id, ending: ending(50) }]).await;
    is_forgotten_after(&store, &session, 50).await;
}

pub async fn a_sealed_session_is_remembered_until_its_seal_is_over(store: Store) {
    let session = Session { sealed_until: Some(at(80)), ..session_of(1, 1) };
    store.begins(&session).await;
    store.does([Change::EndSession { id: session.id, ending: ending(50) }]).await;
    is_forgotten_after(&store, &session, 80).await;
    let born_ended = Session { ended: Some(ending(50)), sealed_until: Some(at(80)), ..session_of(2, 1) };
    store.begins(&born_ended).await;
    is_forgotten_after(&store, &born_ended, 80).await;
}

pub async fn a_seal_may_outlast_the_session(store: Store) {
    // As when a session under a sealed token was signed out, which leaves it a shorter life than the seal has.
    let session = Session { sealed_until: Some(at(ABSOLUTE + 80)), ..anonymous(1) };
    store.begins(&session).await;
    assert_eq!(expire(&store, ABSOLUTE).await, 1);
    is_forgotten_after(&store, &session, ABSOLUTE + 80).await;
}

pub async fn a_seal_that_is_over_keeps_nothing(store: Store) {
    let session = Session { sealed_until: Some(at(20)), ..session_of(1, 1) };
    store.begins(&session).await;
    store.does([Change::EndSession { id: session.id, ending: ending(50) }]).await;
    is_forgotten_after(&store, &session, 50).await;
}

pub async fn a_session_ended_with_all_of_its_subject_is_remembered_until_its_seal_is_over(store: Store) {
    let session = Session { sealed_until: Some(at(80)), ..session_of(1, 1) };
    store.begins(&session).await;
    store.does([Change::EndSessionsOf { subject: Subject::User(user_id(1)), ending: ending(50) }]).await;
    is_forgotten_after(&store, &session, 80).await;
}

pub async fn what_has_not_ended_is_not_forgotten(store: Store) {
    store.begins(&session_of(1, 1)).await;
    assert_eq!(forget(&store, 100 * ABSOLUTE).await, 0, "it has expired, but nobody has noted that");
    assert!(store.session(session_id(1)).await.is_some());
}

pub async fn no_more_are_forgotten_at_a_time_than_allowed(store: Store) {
    for number in 1..=3 {
        store.begins(&Session { ended: Some(ending(0)), ..anonymous(number) }).await;
    }
    store.does((1..=2).map(|byte| Change::AddLoginToken(login_token(byte, 1)))).await;
    for gone in [2, 2, 1, 0] {
        assert_eq!(store.housekeeping.forget(at(101), 2).await.unwrap(), gone);
    }
}

pub async fn expired_login_tokens_are_forgotten(store: Store) {
    store.does([Change::AddLoginToken(login_token(1, 1))]).await;
    assert_eq!(forget(&store, 100).await, 0);
    assert!(store.login_tokens.by_digest(&digest(1)).await.unwrap().is_some());
    assert_eq!(forget(&store, 101).await, 1);
    assert!(store.login_tokens.by_digest(&digest(1)).await.unwrap().is_none());
}

pub async fn many_sessions_expire_and_are_forgotten_at_once(store: Store) {
    let begin = |number| Change::BeginSession { session: anonymous(number), digest: digest_of(session_id(number)) };
    store.does((1..=1200).map(begin)).await;
    assert_eq!(expire(&store, ABSOLUTE).await, 1200);
    assert_eq!(store.recorded().await, 1200);
    assert_eq!(forget(&store, ABSOLUTE + 1).await, 1200);
    assert_eq!(store.session(session_id(1)).await, None);
}
