use vestibule_adapters_db::MemoryStore;
use vestibule_application::{
    change::Change,
    ports::{AtHand, Memory, Recall, UnitOfWork},
};
use vestibule_domain::{
    message::EventKind,
    session::{EndReason, Ending},
};

use super::*;
use crate::fixtures::{ALICE, START, Slow, add_alice, digest, record, session, session_id};

const CAPACITY: Capacity = Capacity { sessions: NonZeroUsize::MIN.saturating_add(9), users: NonZeroUsize::MIN };

/// Her first session.
fn begin() -> Vec<Change> {
    let session = Change::BeginSession { session: session(1), digest: digest(1) };
    add_alice().into_iter().chain([session]).collect()
}

#[tokio::test]
async fn the_newest_message_is_at_hand_while_others_are_written_and_the_next_as_soon_as_that_is_over() {
    let slow = Arc::new(Slow::default());
    let cached = Arc::new(Cached::new(slow.stores(), CAPACITY));
    let at_hand = || cached.at_hand(None).map(|AtHand { latest, .. }| latest);
    assert_eq!((at_hand(), cached.latest().await.unwrap(), at_hand()), (None, 0, Some(0)));

    let unit = slow.commit_first(&cached, vec![record(EventKind::FormChanged, None, None)]).await;
    assert_eq!(at_hand(), Some(0), "nobody was told of another");
    assert_eq!((cached.latest().await.unwrap(), at_hand()), (1, Some(1)), "who asks the store for all hears of all");
    slow.may_say_so.notify_one();
    unit.await.unwrap().unwrap();
    assert_eq!((at_hand(), cached.latest().await.unwrap()), (Some(1), 1));
}

#[tokio::test]
async fn a_session_leads_to_its_user_as_they_are_also_once_they_were_forgotten() {
    let store = Arc::new(MemoryStore::new());
    let cached = Cached::new(Stores::of(&store), CAPACITY);
    cached.commit(begin()).await.unwrap();
    let led_to = || cached.session(&digest(1)).and_then(|found| found.user);
    assert!(cached.by_digest(&digest(1)).await.unwrap().is_some());
    assert!(led_to().is_none(), "nobody has asked for her");
    let read = async || cached.profile(ALICE).await.unwrap().unwrap();
    assert!(Arc::ptr_eq(&read().await, &led_to().unwrap()));

    let disable = |disabled| vec![Change::SetDisabled { user: ALICE, disabled }];
    cached.commit(disable(true)).await.unwrap();
    assert!(led_to().is_none(), "she has changed");
    assert!(read().await.disabled && led_to().unwrap().disabled);

    cached.users.forget(ALICE);
    assert!(led_to().unwrap().disabled, "nothing has changed since");
    cached.commit(disable(false)).await.unwrap();
    assert!(!read().await.disabled && !led_to().unwrap().disabled, "in another seat than the session's");
}

#[tokio::test]
async fn of_a_session_that_has_ended_not_even_the_place_of_its_user_is_kept() {
    let store = Arc::new(MemoryStore::new());
    let cached = Cached::new(Stores::of(&store), CAPACITY);
    let ending = Ending { at: START, reason: EndReason::SignedOut };
    store.commit(begin()).await.unwrap();
    cached.commit(vec![Change::EndSession { id: session_id(1), ending }]).await.unwrap();
    assert!(cached.by_digest(&digest(1)).await.unwrap().is_some_and(|session| session.ended.is_some()));
    assert_eq!((cached.use_made().sessions, cached.use_made().users), (0, 0));
}
