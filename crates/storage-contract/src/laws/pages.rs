//! Listing sessions and users page by page.

use vestibule_application::{change::Change, ports::SessionFilter};
use vestibule_domain::{
    message::EventKind,
    session::{Session, SessionId, Subject},
};

use crate::{
    Store,
    fixtures::{ABSOLUTE, IDLE, anonymous, at, digest_of, ending, event, session_id, session_of, user, user_id},
};

const EVERY: SessionFilter = SessionFilter { subject: None, live_at: None, after: None, limit: u32::MAX };

async fn ids(store: &Store, filter: SessionFilter) -> Vec<SessionId> {
    store.sessions.page(&filter).await.unwrap().iter().map(|session| session.id).collect()
}

pub async fn pages_of_sessions_join_without_gap_or_overlap(store: Store) {
    // Begun out of order, and with ids whose order differs as text, as number and as bytes with a sign.
    let mut numbers = [10, 9, 1, u128::MAX, 1 << 127, 255, 256];
    for number in numbers {
        store.begins(&anonymous(number)).await;
    }
    numbers.sort_unstable();
    let mut seen = Vec::new();
    loop {
        let page = ids(&store, SessionFilter { after: seen.last().copied(), limit: 2, ..EVERY }).await;
        assert!(page.len() <= 2);
        assert!(seen.len() <= numbers.len(), "the pages go round in circles");
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, numbers.map(session_id));
}

pub async fn a_page_may_be_of_one_subject(store: Store) {
    let setup = Session { subject: Subject::Setup, ..anonymous(4) };
    for session in [session_of(1, 1), session_of(2, 2), anonymous(3), setup, session_of(5, 1)] {
        store.begins(&session).await;
    }
    let of = async |subject| ids(&store, SessionFilter { subject: Some(subject), ..EVERY }).await;
    assert_eq!(of(Subject::User(user_id(1))).await, [1, 5].map(session_id));
    assert_eq!(of(Subject::Anonymous).await, [session_id(3)]);
    assert_eq!(of(Subject::Setup).await, [session_id(4)]);
    assert_eq!(of(Subject::User(user_id(3))).await, []);
}

pub async fn a_page_of_live_sessions_ends_at_the_very_millisecond(store: Store) {
    let ended = Session { ended: Some(ending(1)), ..session_of(3, 1) };
    for session in [session_of(1, 1), anonymous(2), ended] {
        store.begins(&session).await;
    }
    let live = async |millis| ids(&store, SessionFilter { live_at: Some(at(millis)), ..EVERY }).await;
    // Before all that happens: whatever has not ended.
    assert_eq!(live(-at(0).as_millis()).await, [1, 2].map(session_id));
    assert_eq!(live(0).await, [1, 2].map(session_id));
    assert_eq!(live(IDLE - 1).await, [1, 2].map(session_id));
    assert_eq!(live(IDLE).await, [session_id(2)]);
    assert_eq!(live(ABSOLUTE - 1).await, [session_id(2)]);
    assert_eq!(live(ABSOLUTE).await, []);
}

pub async fn filters_of_a_page_add_up(store: Store) {
    for number in 1..=4 {
        store.begins(&session_of(number, 1)).await;
    }
    store.begins(&Session { ended: Some(ending(1)), ..session_of(5, 1) }).await;
    store.begins(&session_of(6, 2)).await;
    let filter = SessionFilter {
        subject: Some(Subject::User(user_id(1))),
        live_at: Some(at(1)),
        after: Some(session_id(2)),
        limit: 9,
    };
    assert_eq!(ids(&store, filter).await, [3, 4].map(session_id));
    assert_eq!(ids(&store, SessionFilter { limit: 1, ..filter }).await, [session_id(3)]);
}

pub async fn pages_of_users_join_without_gap_or_overlap(store: Store) {
    for (number, login) in [(3, "c"), (1, "z"), (u128::MAX, "b"), (2, "a")] {
        store.adds(&user(number, login)).await;
    }
    let first = store.users.page(None, 3).await.unwrap();
    assert_eq!(first, [user(1, "z"), user(2, "a"), user(3, "c")]);
    let second = store.users.page(Some(user_id(3)), 3).await.unwrap();
    assert_eq!(second, [user(u128::MAX, "b")]);
    assert_eq!(store.users.page(Some(user_id(u128::MAX)), 3).await.unwrap(), []);
}

pub async fn a_page_of_none_is_empty(store: Store) {
    store.begins(&anonymous(1)).await;
    store.adds(&user(1, "ada")).await;
    assert_eq!(ids(&store, SessionFilter { limit: 0, ..EVERY }).await, []);
    assert_eq!(store.users.page(None, 0).await.unwrap(), []);
    assert_eq!(store.messages.page(0, 0).await.unwrap(), []);
}

pub async fn a_page_is_as_long_as_asked(store: Store) {
    let begin = |number| Change::BeginSession { session: anonymous(number), digest: digest_of(session_id(number)) };
    let record = |_| Change::Record(event(EventKind::SessionBegun));
    store.does((1..=1200).map(begin).chain((1..=1200).map(record))).await;
    assert_eq!(ids(&store, EVERY).await.len(), 1200);
    assert_eq!(ids(&store, SessionFilter { limit: 1100, ..EVERY }).await.len(), 1100);
    assert_eq!(store.messages.page(0, 1100).await.unwrap().len(), 1100);
}
