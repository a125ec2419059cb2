use std::{future::pending, sync::atomic::Ordering::SeqCst};

use tokio::time::{Instant, advance};
use uuid::Uuid;
use vestibule_adapters_db::MemoryStore;
use vestibule_application::ports::{About, Holder};
use vestibule_domain::message::{EventKind, Message};

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
async fn when_sessions_were_seen_nobody_has_to_hear() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.take(HERE).await.unwrap();
    assert_eq!(how_long(heard.commit(vec![Change::TouchSessions(Vec::new())])).await, Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn who_finds_something_done_waits_for_whoever_does_it() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.take(HERE).await.unwrap();
    let other = Arc::clone(&heard);
    let first = tokio::spawn(async move { other.commit(something()).await });
    sleep(Duration::from_millis(50)).await;
    let unit: Arc<dyn UnitOfWork> = heard.clone();
    let settled = tokio::spawn(async move { unit.settled().await });
    let conflict = tokio::spawn(async move { heard.commit([add_alice(), add_alice()].concat()).await });
    sleep(Duration::from_millis(50)).await;
    assert!(!first.is_finished() && !settled.is_finished() && !conflict.is_finished());
    board.heard(HERE, 2).await.unwrap();
    first.await.unwrap().unwrap();
    settled.await.unwrap().unwrap();
    assert!(matches!(conflict.await.unwrap(), Err(CommitError::Conflict(_))));
}

/// Commits, and does not say what its newest message is.
struct Silent(Arc<MemoryStore>);

#[async_trait]
impl UnitOfWork for Silent {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        self.0.commit(changes).await.map(|_| Committed { newest: None })
    }
}

/// A log that takes its time.
struct Late(Arc<MemoryStore>, Duration);

#[async_trait]
impl MessageLog for Late {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        sleep(self.1).await;
        self.0.latest().await
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        MessageLog::page(&*self.0, after, limit).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.0.about(about, after, limit).await
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
async fn who_does_not_hear_of_what_others_wrote_is_struck_out_as_well_once_they_had_time_to() {
    let board = Arc::<Board>::default();
    let heard = on(&board).await;
    board.take(HERE).await.unwrap();
    let unit: Arc<dyn UnitOfWork> = heard;
    unit.settled().await.unwrap();
    assert_eq!(board.holders(), 1, "what was written last may be younger than a second");
    sleep(WAITED_FOR * 2).await;
    assert_eq!(board.holders(), 0);
}

/// They may have had no time: by then the newest is a message of a moment ago.
#[tokio::test(start_paused = true)]
async fn who_is_told_late_which_message_it_was_strikes_nobody_out() {
    let (board, store) = (Arc::<Board>::default(), Arc::new(MemoryStore::new()));
    let late = Arc::new(Late(store.clone(), Duration::from_millis(990)));
    let heard = Heard::new(Arc::new(Silent(store.clone())), late, board.clone());
    board.take(HERE).await.unwrap();
    let unit = tokio::spawn(async move { heard.commit(something()).await });
    sleep(WAITED_FOR / 2).await;
    board.heard(HERE, 1).await.unwrap();
    sleep(WAITED_FOR / 3).await;
    store.commit(something()).await.unwrap();
    unit.await.unwrap().unwrap();
    assert_eq!(board.holders(), 1);
}

/// Never answers.
struct Hanging;

#[async_trait]
impl Leases for Hanging {
    async fn take(&self, _: Holder) -> Result<(), StoreError> {
        pending().await
    }

    async fn heard(&self, _: Holder, _: MessageId) -> Result<bool, StoreError> {
        pending().await
    }

    async fn give_up(&self, _: Holder) -> Result<(), StoreError> {
        pending().await
    }

    async fn least_heard(&self) -> Result<Option<MessageId>, StoreError> {
        pending().await
    }

    async fn strike(&self, _: MessageId) -> Result<u32, StoreError> {
        pending().await
    }
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_much_longer_however_long_the_store_takes() {
    let store = Arc::new(MemoryStore::new());
    let heard = Heard::new(store.clone(), store, Arc::new(Hanging));
    assert!(how_long(heard.commit(something())).await <= WAITED_FOR * 5 / 4);
}
