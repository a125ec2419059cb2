use std::{cell::Cell, num::NonZeroUsize, sync::atomic::AtomicU64};

use async_trait::async_trait;
use tokio::{
    task::JoinHandle,
    time::{Instant as Moment, sleep},
};
use uuid::Uuid;
use vestibule_adapters_db::MemoryStore;
use vestibule_application::{
    change::Change,
    ports::{About, AtHand, Clock, Memory, MessageLog, SessionStore, Stores, UnitOfWork},
};
use vestibule_domain::{
    message::{EventKind, Message},
    session::{EndReason, Ending},
    time::Timestamp,
};

use super::*;
use crate::{
    Capacity, Heard,
    fixtures::{Board, START, add_alice, digest, record, session, session_id},
};

thread_local! {
    /// Each test has a time of its own.
    static BEGUN: Moment = Moment::now();
    /// How much later it is for nodes than for the tasks of this process, which stood still meanwhile.
    static STOOD_STILL: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

fn clock() -> Duration {
    BEGUN.with(Moment::elapsed) + STOOD_STILL.get()
}

struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        START
    }
}

struct Counted(AtomicU64);

impl Ids for Counted {
    fn next(&self) -> Uuid {
        Uuid::from_u128(self.0.fetch_add(1, SeqCst).into())
    }
}

/// A node's way to the log, which can be cut, and on which it is counted how often it goes there.
struct Log {
    store: Arc<MemoryStore>,
    is_away: AtomicBool,
    looks: AtomicU64,
}

#[async_trait]
impl MessageLog for Log {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        self.store.latest().await
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.looks.fetch_add(1, SeqCst);
        if self.is_away.load(SeqCst) {
            return Err(StoreError::Unavailable("as told".into()));
        }
        MessageLog::page(&*self.store, after, limit).await
    }

    async fn about(&self, _: About, _: MessageId, _: u32) -> Result<Vec<Message>, StoreError> {
        panic!("nobody asks for that")
    }
}

struct Node {
    followed: Arc<Followed>,
    log: Arc<Log>,
    stop: watch::Sender<bool>,
    keeper: JoinHandle<()>,
}

/// Nodes on one store, in which there is a session.
struct Place {
    store: Arc<MemoryStore>,
    board: Arc<Board>,
    ids: Arc<Counted>,
}

impl Place {
    async fn new() -> Self {
        STOOD_STILL.set(Duration::ZERO);
        let (store, ids) = (Arc::new(MemoryStore::new()), Arc::new(Counted(AtomicU64::new(1))));
        let begin = Change::BeginSession { session: session(1), digest: digest(1) };
        let added = record(EventKind::UserAdded, None, Some(session(1).subject));
        store.commit([add_alice(), vec![begin, added]].concat()).await.unwrap();
        Self { store, board: Arc::default(), ids }
    }

    /// One that holds a lease and knows the session.
    async fn node(&self) -> Node {
        let log = Log { store: self.store.clone(), is_away: AtomicBool::new(false), looks: AtomicU64::new(0) };
        let log = Arc::new(log);
        let unit = Arc::new(Heard::new(self.store.clone(), self.store.clone(), self.board.clone()));
        let stores = Stores { unit, messages: log.clone(), ..Stores::of(&self.store) };
        let some = NonZeroUsize::MIN.saturating_add(9);
        let capacity = Capacity { sessions: some, users: some };
        let followed = Followed::new(stores, capacity, Arc::new(Now), Duration::from_mins(1));
        let (followed, keeper) = followed.holding_by(clock, self.board.clone(), self.ids.clone());
        let (stop, stopped) = watch::channel(false);
        let node = Node { followed, log, stop, keeper: tokio::spawn(keeper.run(stopped)) };
        node.asks().await;
        node.asks().await;
        sleep(Duration::from_millis(1)).await;
        assert!(node.knows_at_once(), "it holds a lease by now");
        node
    }
}

impl Node {
    /// Whether it tells of the session without waiting for anything.
    fn knows_at_once(&self) -> bool {
        self.followed.at_hand(None).is_some_and(|AtHand { known, .. }| known.session(&digest(1)).is_some())
    }

    /// The same for whoever waits.
    async fn asks(&self) -> bool {
        self.followed.catch_up(None).await.unwrap();
        self.followed.by_digest(&digest(1)).await.unwrap().is_some_and(|session| session.ended.is_none())
    }

    async fn ends_it(&self) {
        let ending = Ending { at: START, reason: EndReason::SignedOut };
        let end = Change::EndSession { id: session_id(1), ending };
        let told = record(EventKind::SessionEnded(EndReason::SignedOut), Some(session_id(1)), None);
        self.followed.commit(vec![end, told]).await.unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn while_it_is_held_requests_are_told_without_a_look() {
    let node = Place::new().await.node().await;
    let looks = node.log.looks.load(SeqCst);
    for _ in 0..1000 {
        assert!(node.knows_at_once());
        node.followed.catch_up(Some(&digest(1))).await.unwrap().unwrap();
    }
    assert_eq!(node.log.looks.load(SeqCst), looks);
    sleep(Duration::from_secs(1)).await;
    assert!(node.log.looks.load(SeqCst) > looks, "it goes on looking by itself");
}

#[tokio::test(start_paused = true)]
async fn what_one_node_ended_no_other_tells_of_once_that_is_acknowledged() {
    let place = Place::new().await;
    let nodes = [place.node().await, place.node().await, place.node().await];
    let before = Moment::now();
    nodes[0].ends_it().await;
    for node in &nodes {
        let AtHand { known, latest } = node.followed.at_hand(None).unwrap();
        assert!(latest == 2 && known.session(&digest(1)).is_none());
        assert!(!node.asks().await);
    }
    assert!(before.elapsed() < Duration::from_millis(50), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn what_others_can_know_that_it_has_heard_it_tells() {
    let place = Place::new().await;
    let (slow, other) = (place.node().await, place.node().await);
    *place.board.delay.lock().unwrap() = Duration::from_millis(100);
    for message in 2..9 {
        other.followed.commit(vec![record(EventKind::FormChanged, None, None)]).await.unwrap();
        for node in [&slow, &other] {
            assert_eq!(node.followed.at_hand(None).map(|AtHand { latest, .. }| latest), Some(message));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_node_that_stood_still_believes_nothing_afterwards() {
    let place = Place::new().await;
    let node = place.node().await;
    STOOD_STILL.set(Keeper::BELIEVED);
    // None of its tasks have run since.
    assert!(!node.knows_at_once());
    sleep(Duration::from_millis(20)).await;
    assert!(node.knows_at_once(), "it has looked again");
}

/// Cuts a node off, which is told of what it has said so late; it knew the session, which another ends then.
async fn cut_off(place: &Place, delay: Duration) -> [Node; 2] {
    let (cut_off, other) = (place.node().await, place.node().await);
    *place.board.delay.lock().unwrap() = delay;
    // A look of its that went well.
    sleep(Duration::from_millis(15)).await;
    cut_off.log.is_away.store(true, SeqCst);
    let begun = Moment::now();
    let end = tokio::spawn(async move {
        other.ends_it().await;
        (begun.elapsed(), other)
    });
    let mut told = Duration::ZERO;
    while !end.is_finished() {
        sleep(Duration::from_millis(1)).await;
        told = if cut_off.knows_at_once() { begun.elapsed() } else { told };
    }
    let (waited, other) = end.await.unwrap();
    assert!(told > Duration::from_millis(700) && told <= Duration::from_millis(750), "{told:?}");
    assert!(told < waited && waited <= WAITED_FOR, "{told:?} of {waited:?}");
    assert!(!other.asks().await);
    [cut_off, other]
}

#[tokio::test(start_paused = true)]
async fn a_node_that_cannot_look_believes_nothing_before_others_stop_to_wait_for_it() {
    let place = Place::new().await;
    let [cut_off, _other] = cut_off(&place, Duration::ZERO).await;
    assert_eq!(place.board.holders(), 1, "it is waited for no more");

    cut_off.log.is_away.store(false, SeqCst);
    assert!(!cut_off.asks().await);
    sleep(Keeper::REST / 2).await;
    cut_off.followed.catch_up(None).await.unwrap();
    assert!(cut_off.followed.at_hand(None).is_none(), "others need not wait for it again at once");
    sleep(Keeper::REST / 2).await;
    cut_off.followed.catch_up(None).await.unwrap();
    sleep(Duration::from_millis(20)).await;
    assert!(cut_off.followed.at_hand(None).is_some(), "and comes back");
}

#[tokio::test(start_paused = true)]
async fn it_believes_no_longer_because_it_takes_long_to_say_what_it_has_heard() {
    cut_off(&Place::new().await, Duration::from_millis(350)).await;
}

#[tokio::test(start_paused = true)]
async fn whoever_was_struck_out_holds_nothing_and_asks_for_a_while() {
    let place = Place::new().await;
    let node = place.node().await;
    place.board.strike(MessageId::MAX).await.unwrap();
    sleep(Duration::from_millis(15)).await;
    assert!(!node.knows_at_once());
    assert!(node.asks().await);
    sleep(Keeper::REST).await;
    assert!(node.asks().await);
    sleep(Duration::from_millis(15)).await;
    assert!(node.knows_at_once());
    assert_eq!(place.board.holders(), 1);
}

#[tokio::test(start_paused = true)]
async fn whoever_was_struck_out_because_of_somebody_else_takes_another_at_once() {
    let place = Place::new().await;
    let node = place.node().await;
    sleep(Duration::from_secs(4)).await;
    place.board.is_forgetful.store(true, SeqCst);
    assert!(node.asks().await);
    sleep(Duration::from_millis(15)).await;
    assert!(!node.knows_at_once());
    place.board.is_forgetful.store(false, SeqCst);
    assert!(node.asks().await);
    sleep(Duration::from_millis(15)).await;
    assert!(node.knows_at_once());
}

#[tokio::test(start_paused = true)]
async fn a_node_that_is_too_slow_to_be_believed_makes_nobody_wait() {
    let place = Place::new().await;
    let node = place.node().await;
    // Each time it is hardly told when it has to ask again.
    *place.board.delay.lock().unwrap() = Keeper::BELIEVED * 3 / 5;
    sleep(Duration::from_secs(2)).await;
    assert_eq!((node.knows_at_once(), place.board.holders()), (false, 0));
    for _ in 0..7 {
        assert!(node.asks().await);
        sleep(Duration::from_secs(1)).await;
        assert_eq!(place.board.holders(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_nobody_asks_for_is_given_up() {
    let place = Place::new().await;
    let node = place.node().await;
    // It was wanted once more while it was held, if not in force.
    STOOD_STILL.set(Keeper::BELIEVED);
    node.asks().await;
    for _ in 0..400 {
        sleep(Duration::from_millis(10)).await;
        assert!(node.knows_at_once());
    }
    for _ in 0..400 {
        sleep(Duration::from_millis(10)).await;
    }
    assert!(!node.knows_at_once());
    assert_eq!(place.board.holders(), 0);
    let looks = node.log.looks.load(SeqCst);
    sleep(Duration::from_mins(1)).await;
    assert_eq!(node.log.looks.load(SeqCst), looks);
}

#[tokio::test(start_paused = true)]
async fn a_service_that_ends_gives_it_up() {
    let place = Place::new().await;
    let node = place.node().await;
    node.stop.send(true).unwrap();
    node.keeper.await.unwrap();
    assert!(node.followed.at_hand(None).is_none());
    assert_eq!(place.board.holders(), 0);
}

#[test]
fn time_goes_on() {
    let before = elapsed();
    assert!(before > Duration::ZERO || cfg!(not(target_os = "linux")));
    std::thread::sleep(Duration::from_millis(2));
    assert!(elapsed() >= before + Duration::from_millis(2));
}
