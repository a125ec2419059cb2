//! Ended is ended; and what touching may do.

use vestibule_application::{
    change::Change,
    ports::{Conflict, SessionFilter},
};
use vestibule_domain::session::{EndReason, Ending, Session, SessionId, Subject};

use crate::{
    Store,
    fixtures::{IDLE, anonymous, at, digest, digest_of, ending, node_id, session_id, session_of, user_id},
};

fn end(number: u128, ending: Ending) -> Change {
    Change::EndSession { id: session_id(number), ending }
}

fn touch(number: u128, millis: i64) -> Change {
    Change::TouchSessions(vec![(session_id(number), at(millis))])
}

/// A store with one session, which has ended.
async fn ended(store: &Store) -> Session {
    let session = session_of(1, 1);
    store.begins(&session).await;
    store.does([end(1, ending(5))]).await;
    Session { ended: Some(ending(5)), ..session }
}

pub async fn an_ended_session_is_found_with_its_end(store: Store) {
    let session = ended(&store).await;
    assert_eq!(store.session(session.id).await, Some(session));
}

pub async fn an_ended_session_cannot_be_saved(store: Store) {
    let session = ended(&store).await;
    let revived = Session { ended: None, ..session.clone() };
    let save = Change::SaveSession { session: revived, expected_epoch: session.epoch };
    assert_eq!(store.conflict([save]).await, Some(Conflict::Stale));
    assert_eq!(store.session(session.id).await, Some(session));
}

pub async fn an_ended_session_cannot_be_ended_again(store: Store) {
    let session = ended(&store).await;
    let again = Ending { at: at(6), reason: EndReason::SignedOut };
    assert_eq!(store.conflict([end(1, again)]).await, Some(Conflict::Stale));
    assert_eq!(store.session(session.id).await, Some(session));
}

pub async fn an_ended_session_cannot_be_touched(store: Store) {
    let session = ended(&store).await;
    store.does([touch(1, 9)]).await;
    assert_eq!(store.session(session.id).await, Some(session));
}

pub async fn an_ended_session_cannot_be_begun_again(store: Store) {
    let session = ended(&store).await;
    let begin = Change::BeginSession { session: session_of(1, 1), digest: digest(1) };
    assert_eq!(store.conflict([begin]).await, Some(Conflict::SessionExists));
    assert_eq!(store.session(session.id).await, Some(session));
}

pub async fn ending_what_is_not_there_is_stale(store: Store) {
    assert_eq!(store.conflict([end(1, ending(1))]).await, Some(Conflict::Stale));
}

pub async fn ending_all_of_a_user_ends_theirs_and_no_others(store: Store) {
    let all = [session_of(1, 1), session_of(2, 1), session_of(3, 2), anonymous(4)];
    for session in &all {
        store.begins(session).await;
    }
    store.does([Change::EndSessionsOf { subject: Subject::User(user_id(1)), ending: ending(5) }]).await;
    for session in all {
        let ended = (session.subject == Subject::User(user_id(1))).then_some(ending(5));
        assert_eq!(store.session(session.id).await, Some(Session { ended, ..session }));
    }
}

pub async fn ending_all_of_a_user_keeps_the_ends_there_are(store: Store) {
    let session = ended(&store).await;
    let again = Ending { at: at(9), reason: EndReason::SubjectChanged };
    store.does([Change::EndSessionsOf { subject: session.subject, ending: again }]).await;
    assert_eq!(store.session(session.id).await, Some(session));
}

pub async fn ending_all_of_nobody_is_no_conflict(store: Store) {
    store.does([Change::EndSessionsOf { subject: Subject::User(user_id(1)), ending: ending(1) }]).await;
}

pub async fn a_user_and_a_node_of_one_uuid_are_two_subjects(store: Store) {
    let user = session_of(1, 7);
    let node = Session { subject: Subject::Node(node_id(7)), ..session_of(2, 7) };
    store.begins(&user).await;
    store.begins(&node).await;
    store.does([Change::EndSessionsOf { subject: node.subject, ending: ending(1) }]).await;
    assert_eq!(store.session(user.id).await, Some(user));
    assert_eq!(store.session(node.id).await, Some(Session { ended: Some(ending(1)), ..node }));
}

pub async fn all_anonymous_sessions_are_one_subjects(store: Store) {
    let setup = Session { subject: Subject::Setup, ..anonymous(3) };
    for session in [anonymous(1), anonymous(2), setup.clone(), session_of(4, 1)] {
        store.begins(&session).await;
    }
    store.does([Change::EndSessionsOf { subject: Subject::Anonymous, ending: ending(1) }]).await;
    for number in [1, 2] {
        assert_eq!(store.session(session_id(number)).await.unwrap().ended, Some(ending(1)));
    }
    assert_eq!(store.session(setup.id).await, Some(setup));
    assert_eq!(store.session(session_id(4)).await.unwrap().ended, None);
}

pub async fn touching_moves_last_seen_forward_only(store: Store) {
    store.begins(&session_of(1, 1)).await;
    for (seen, then) in [(5, 5), (3, 5), (5, 5), (6, 6)] {
        store.does([touch(1, seen)]).await;
        assert_eq!(store.session(session_id(1)).await.unwrap().last_seen, at(then));
    }
}

pub async fn touching_takes_the_latest_of_several_sightings(store: Store) {
    store.begins(&session_of(1, 1)).await;
    store.begins(&session_of(2, 1)).await;
    let seen = [(1, 5), (2, 4), (1, 9), (1, 7)].map(|(number, millis)| (session_id(number), at(millis)));
    store.does([Change::TouchSessions(seen.to_vec())]).await;
    assert_eq!(store.session(session_id(1)).await.unwrap().last_seen, at(9));
    assert_eq!(store.session(session_id(2)).await.unwrap().last_seen, at(4));
}

pub async fn touching_what_is_not_there_is_no_conflict(store: Store) {
    store.begins(&session_of(1, 1)).await;
    store.does([Change::TouchSessions(vec![(session_id(2), at(1)), (session_id(1), at(2))])]).await;
    assert_eq!(store.session(session_id(2)).await, None);
    assert_eq!(store.session(session_id(1)).await.unwrap().last_seen, at(2));
    store.does([Change::TouchSessions(Vec::new())]).await;
}

pub async fn touching_changes_nothing_but_last_seen(store: Store) {
    let session = Session { sealed_until: Some(at(3)), ..session_of(1, 1) };
    store.begins(&session).await;
    store.does([touch(1, 8)]).await;
    assert_eq!(store.session(session.id).await, Some(Session { last_seen: at(8), ..session }));
}

pub async fn a_thousand_sessions_are_touched_at_once(store: Store) {
    let begin = |number| Change::BeginSession { session: session_of(number, 1), digest: digest_of(session_id(number)) };
    store.does((1..=1200).map(begin)).await;
    store.does([Change::TouchSessions((1..=1200).map(|number| (session_id(number), at(2))).collect())]).await;
    for number in [1, 500, 501, 1000, 1200] {
        assert_eq!(store.session(session_id(number)).await.unwrap().last_seen, at(2), "session {number}");
    }
}

pub async fn a_thousand_sessions_of_a_user_end_at_once(store: Store) {
    let begin = |number| Change::BeginSession { session: session_of(number, 1), digest: digest_of(session_id(number)) };
    store.does((1..=1200).map(begin)).await;
    store.does([Change::EndSessionsOf { subject: Subject::User(user_id(1)), ending: ending(2) }]).await;
    for number in 1..=1200 {
        assert_eq!(store.session(session_id(number)).await.unwrap().ended, Some(ending(2)), "session {number}");
    }
}

/// Looks in every way there is, and demands to see this.
async fn is_seen(store: &Store, id: SessionId, wanted: Option<&Session>) {
    let every = SessionFilter { subject: None, live_at: None, after: None, limit: u32::MAX };
    let page = store.sessions.page(&every).await.unwrap();
    let listed = page.iter().find(|session| session.id == id);
    assert_eq!(store.sessions.by_digest(&digest_of(id)).await.unwrap().as_ref(), wanted, "by its digest");
    assert_eq!(store.session(id).await.as_ref(), wanted, "by its id");
    assert_eq!(listed, wanted, "on a page");
}

pub async fn every_way_to_look_sees_every_change(store: Store) {
    // Whoever remembers what was read a moment ago remembers something else than is there.
    let [one, other, third] = [1, 2, 3].map(|number| session_of(number, number));
    for session in [&one, &other, &third] {
        is_seen(&store, session.id, None).await;
        store.begins(session).await;
        is_seen(&store, session.id, Some(session)).await;
    }
    let touched = Session { last_seen: at(5), ..one };
    let saved = Session { epoch: 2, ..touched.clone() };
    let one_ended = Session { ended: Some(ending(9)), ..saved.clone() };
    for (change, wanted) in [
        (touch(1, 5), touched),
        (Change::SaveSession { session: saved.clone(), expected_epoch: 1 }, saved),
        (end(1, ending(9)), one_ended.clone()),
    ] {
        store.does([change]).await;
        is_seen(&store, wanted.id, Some(&wanted)).await;
    }
    store.does([Change::EndSessionsOf { subject: other.subject, ending: ending(9) }]).await;
    let other_ended = Session { ended: Some(ending(9)), ..other };
    is_seen(&store, other_ended.id, Some(&other_ended)).await;
    store.housekeeping.expire(at(IDLE), 10).await.unwrap();
    let expiry = Ending { at: at(IDLE), reason: EndReason::Expired };
    let expired = Session { ended: Some(expiry), ..third };
    for session in [&one_ended, &other_ended, &expired] {
        is_seen(&store, session.id, Some(session)).await;
    }
    store.housekeeping.forget(at(IDLE + 1), 10).await.unwrap();
    for session in [&one_ended, &other_ended, &expired] {
        is_seen(&store, session.id, None).await;
    }
}
