//! Sessions.

use std::{
    sync::atomic::{AtomicUsize, Ordering::Relaxed},
    time::Duration,
};

use vestibule_domain::{
    network::KnownNetworks,
    node::{Node, NodeId, NodeRef, NodeSecrets},
    session::{DeviceName, Origin, Session, Standing},
};

use super::*;
use crate::ports::StoredNode;

const USER: Subject = Subject::User(UserId::from_uuid(ALICE));

fn session(n: u128, subject: Subject) -> Session {
    Session {
        id: SessionId::from_uuid(Uuid::from_u128(n)),
        origin: Origin::new("api"),
        device: DeviceName::default(),
        subject,
        begun: NOW,
        authenticated: Some(NOW),
        last_seen: NOW,
        idle_ttl: None,
        expires: NOW.plus(Duration::from_mins(1)),
        ended: None,
        epoch: 1,
        guard: None,
        sealed_until: None,
    }
}

fn revoked(session: Session) -> Session {
    Session { ended: Some(Ending { at: NOW, reason: EndReason::Revoked }), ..session }
}

/// Alice's world with these sessions, two to a page.
fn with_sessions(sessions: Vec<Session>) -> World {
    let mut world = World::with_alice(|_| ());
    world.sessions.expect_page().returning(move |filter| {
        let of = |session: &&Session| filter.subject.is_none_or(|subject| session.subject == subject);
        let after = |session: &&Session| filter.after.is_none_or(|after| session.id > after);
        let live = |session: &&Session| filter.live_at.is_none_or(|at| session.is_live(at));
        Ok(sessions.iter().filter(of).filter(after).filter(live).take(2).cloned().collect())
    });
    world
}

#[tokio::test]
async fn sessions_are_listed_with_their_holders_and_how_they_stand() {
    let (known, gone) = (NodeId::from_uuid(Uuid::from_u128(7)), NodeId::from_uuid(Uuid::from_u128(8)));
    let removed = UserId::from_uuid(Uuid::from_u128(2));
    let mut world = with_sessions(vec![
        session(1, Subject::Anonymous),
        session(2, USER),
        session(3, Subject::Node(known)),
        Session { expires: NOW, ..session(4, Subject::Node(gone)) },
        revoked(session(5, Subject::User(removed))),
    ]);
    world.nodes.expect_find().returning(move |node| {
        Ok((*node == NodeRef::Id(known)).then(|| StoredNode {
            node: Node {
                id: known,
                name: NodeName::parse("backup").unwrap(),
                created: NOW,
                last_successful_login: None,
                last_failed_login: None,
            },
            secrets: NodeSecrets { current: PasswordHash::new("hash"), previous: None },
            revision: 0,
            networks: KnownNetworks::default(),
        }))
    });
    let reports = world.operator().sessions(None).await.ok().unwrap();
    let holders: Vec<Option<String>> = reports.iter().map(|report| report.holder.clone()).collect();
    assert_eq!(
        holders,
        [None, Some("Alice".to_owned()), Some("backup".to_owned()), Some(gone.to_string()), Some(removed.to_string())]
    );
    let standings: Vec<Standing> = reports.iter().map(|report| report.standing).collect();
    let ended = Standing::Ended(Ending { at: NOW, reason: EndReason::Revoked });
    assert_eq!(standings, [Standing::Live, Standing::Live, Standing::Live, Standing::Expired, ended]);
}

#[tokio::test]
async fn one_users_sessions_are_listed_and_no_others() {
    let world = with_sessions(vec![session(1, Subject::Anonymous), session(2, USER), session(3, USER)]);
    let reports = world.operator().sessions(Some("alice")).await.ok().unwrap();
    assert_eq!(reports.iter().map(|r| r.session.id.as_uuid().as_u128()).collect::<Vec<_>>(), [2, 3]);
}

#[tokio::test]
async fn a_revoked_session_is_ended_and_recorded() {
    for conflict in [None, Some(Conflict::Stale)] {
        let mut world = World { conflict, ..World::with_alice(|_| ()) };
        let mut reads = vec![revoked(session(2, USER)), session(2, USER)];
        world.sessions.expect_by_id().returning(move |_| Ok(reads.pop()));
        let written = Arc::clone(&world.written);
        let report = world.operator().revoke_session(session(2, USER).id).await.ok().unwrap();
        assert_eq!(report.session, revoked(session(2, USER)));
        assert_eq!(taken(&written), ["end session 2 revoked", "record session_ended:revoked user 1"]);
    }
}

#[tokio::test]
async fn a_session_that_has_ended_is_left_as_it_is() {
    let mut world = World::with_alice(|_| ());
    let over = Session { ended: Some(Ending { at: NOW, reason: EndReason::SignedOut }), ..session(2, USER) };
    let stored = over.clone();
    world.sessions.expect_by_id().returning(move |_| Ok(Some(stored.clone())));
    let written = Arc::clone(&world.written);
    assert_eq!(world.operator().revoke_session(over.id).await.ok().unwrap().session, over);
    assert_eq!(taken(&written), ["settled"], "whoever ended it may be waiting for others to hear");
}

#[tokio::test]
async fn an_unknown_session_is_an_error() {
    let mut world = World::new();
    world.sessions.expect_by_id().returning(|_| Ok(None));
    let operator = world.operator();
    let id = session(2, USER).id;
    for error in [operator.session(id).await.err(), operator.revoke_session(id).await.err()] {
        assert!(matches!(error, Some(Error::UnknownSession(found)) if found == id), "{error:?}");
    }
}

#[tokio::test]
async fn revoking_all_of_a_users_sessions_tells_which_it_ended() {
    let long_over =
        Session { ended: Some(Ending { at: Timestamp::EPOCH, reason: EndReason::Expired }), ..session(1, USER) };
    // As the store has them once the unit is committed.
    let world = with_sessions(vec![long_over, revoked(session(2, USER)), revoked(session(3, USER))]);
    let written = Arc::clone(&world.written);
    let reports = world.operator().revoke_sessions_of("alice").await.ok().unwrap();
    assert_eq!(reports.iter().map(|r| r.session.id.as_uuid().as_u128()).collect::<Vec<_>>(), [2, 3]);
    assert_eq!(taken(&written), ["end sessions of user 1 revoked", "record session_ended:revoked user 1"]);
}

#[tokio::test]
async fn all_sessions_are_revoked_page_by_page_but_for_those_that_have_ended() {
    let world = with_sessions(vec![
        session(1, USER),
        session(2, Subject::Anonymous),
        revoked(session(3, USER)),
        session(4, USER),
    ]);
    let written = Arc::clone(&world.written);
    assert_eq!(world.operator().revoke_all_sessions(None).await.ok(), Some(3));
    let ended = |n, whose: &str| [format!("end session {n} revoked"), format!("record session_ended:revoked {whose}")];
    let settled = vec!["settled".to_owned()];
    let expected = [&ended(1, "user 1")[..], &ended(2, "anonymous"), &ended(4, "user 1"), &settled].concat();
    assert_eq!(taken(&written), expected);
}

/// Of those there may be millions.
#[tokio::test]
async fn what_has_ended_is_not_even_read_to_end_the_rest() {
    let mut world = World::with_alice(|_| ());
    let stored = [session(1, USER), revoked(session(2, USER)), session(3, USER)];
    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    world.sessions.expect_page().returning(move |filter| {
        let after = |session: &&Session| filter.after.is_none_or(|after| session.id > after);
        let live = |session: &&Session| filter.live_at.is_none_or(|at| session.is_live(at));
        let page: Vec<Session> = stored.iter().filter(after).filter(live).take(1).cloned().collect();
        counted.fetch_add(page.len(), Relaxed);
        Ok(page)
    });
    assert_eq!(world.operator().revoke_all_sessions(None).await.ok(), Some(2));
    assert_eq!(read.load(Relaxed), 2);
}

/// Nobody has noted their expiry yet, and a clock may be wrong.
#[tokio::test]
async fn sessions_that_have_expired_are_ended_with_the_rest() {
    let expired = Session { expires: NOW, ..session(1, USER) };
    let idle = Session { last_seen: Timestamp::EPOCH, idle_ttl: Some(Duration::from_secs(1)), ..session(2, USER) };
    let world = with_sessions(vec![expired, idle, session(3, USER)]);
    assert_eq!(world.operator().revoke_all_sessions(None).await.ok(), Some(3));
}

#[tokio::test]
async fn sessions_that_were_begun_later_stay() {
    let begun = |n, begun| Session { begun, ..session(n, USER) };
    let before = NOW.minus(Duration::from_secs(1));
    let world = with_sessions(vec![begun(1, before), begun(2, NOW)]);
    let written = Arc::clone(&world.written);
    assert_eq!(world.operator().revoke_all_sessions(Some(NOW)).await.ok(), Some(1));
    assert_eq!(taken(&written), ["end session 1 revoked", "record session_ended:revoked user 1", "settled"]);
}
