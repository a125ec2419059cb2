use std::sync::atomic::Ordering::SeqCst;

use tokio::time::advance;
use uuid::Uuid;
use vestibule_adapters_db::MemoryStore;
use vestibule_application::ports::Holder;
use vestibule_domain::message::EventKind;

use super::*;
use crate::fixtures::{Board, add_alice, record};

const HERE: Holder = Holder(Uuid::from_u128(1));
const THERE: Holder = Holder(Uuid::from_u128(2));

/// A store with these leases on it, and one message.
async fn on(board: &Arc<Board>) -> Arc<Heard> {
    let store = Arc::new(MemoryStore::new());
    let heard = Arc::new(Heard::new(store.clone(), store, board.clone()));
    heard.inner.commit(something()).await.unwrap();
    heard
}

fn something() -> Vec<Change> {
    vec![record(EventKind::FormChanged, None, None)]
}

/// How long this takes, by a clock that stands still while anything can go on.
async fn how_long(work: impl Future<Output = Result<Committed, CommitError>>) -> Duration {
    let begun = Instant::now();
    work.await.unwrap();
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn where_nobody_holds_a_lease_nobody_is_waited_for() {
    let heard = on(&Arc::default()).await;
    assert_eq!(how_long(heard.commit(something())).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn a_unit_is_over_once_the_last_who_holds_a_lease_has_heard_of_it() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.take(HERE).await.unwrap();
    board.take(THERE).await.unwrap();
    let unit = tokio::spawn({
        let heard = Arc::clone(&heard);
        async move { heard.commit(something()).await }
    });
    for (holder, message) in [(HERE, 1), (THERE, 1), (HERE, 2)] {
        board.heard(holder, message).await.unwrap();
        advance(Duration::from_millis(50)).await;
        assert!(!unit.is_finished(), "{holder:?} has heard of {message} alone");
    }
    board.heard(THERE, 2).await.unwrap();
    assert_eq!(unit.await.unwrap().unwrap(), Committed { newest: Some(2) });
    assert_eq!(board.holders(), 2);
}

#[tokio::test(start_paused = true)]
async fn who_does_not_hear_is_waited_for_as_long_as_they_may_believe_and_only_once() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.take(HERE).await.unwrap();
    board.take(THERE).await.unwrap();
    board.heard(HERE, 7).await.unwrap();
    assert_eq!(how_long(heard.commit(something())).await, WAITED_FOR);
    assert_eq!(board.heard.lock().unwrap().keys().copied().collect::<Vec<_>>(), [HERE]);
    assert_eq!(how_long(heard.commit(something())).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn where_leases_are_out_of_reach_all_are_waited_for() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.is_away.store(true, SeqCst);
    assert_eq!(how_long(heard.commit(something())).await, WAITED_FOR);
}

#[tokio::test(start_paused = true)]
async fn what_no_message_tells_of_concerns_nobody() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.take(HERE).await.unwrap();
    assert_eq!(how_long(heard.commit(Vec::new())).await, Duration::ZERO);
}

/// Commits, and does not say what its newest message is.
struct Silent(Arc<MemoryStore>);

#[async_trait]
impl UnitOfWork for Silent {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        self.0.commit(changes).await.map(|_| Committed { newest: None })
    }
}

#[tokio::test(start_paused = true)]
async fn where_a_unit_does_not_say_what_its_message_is_the_log_is_asked() {
    let (board, store) = (Arc::<Board>::default(), Arc::new(MemoryStore::new()));
    let heard = Heard::new(Arc::new(Silent(store.clone())), store, board.clone());
    board.take(HERE).await.unwrap();
    board.heard(HERE, 1).await.unwrap();
    assert_eq!(how_long(heard.commit(something())).await, Duration::ZERO);
    assert_eq!(how_long(heard.commit(something())).await, WAITED_FOR);
}

#[tokio::test(start_paused = true)]
async fn what_was_not_written_is_nothing_to_hear_of() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.take(HERE).await.unwrap();
    let twice = [add_alice(), add_alice(), something()].concat();
    let begun = Instant::now();
    let refused = heard.commit(twice).await;
    assert!(matches!(refused, Err(CommitError::Conflict(_))), "{refused:?}");
    assert_eq!(begun.elapsed(), Duration::ZERO);
}
