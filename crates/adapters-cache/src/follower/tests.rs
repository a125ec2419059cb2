use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};

use async_trait::async_trait;
use tokio::{
    sync::Semaphore,
    task::{JoinHandle, yield_now},
};
use uuid::Uuid;
use vestibule_application::ports::About;
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    session::{SessionId, Subject},
    time::Timestamp,
    user::UserId,
};

use super::*;
use crate::stamps::Moment;

const PATIENCE: Duration = Duration::from_mins(1);

/// A log in which anything can be put, and that can be held up or away.
struct Log {
    messages: Mutex<Vec<Message>>,
    /// Of which message it is said that it cannot be read.
    strange: Mutex<Option<MessageId>>,
    fails: Mutex<bool>,
    /// Pages that were asked for.
    pages: AtomicUsize,
    /// Pages that may be answered.
    may_answer: Semaphore,
}

impl Log {
    fn of(ids: impl IntoIterator<Item = MessageId>) -> Arc<Self> {
        Arc::new(Self {
            messages: Mutex::new(ids.into_iter().map(message).collect()),
            strange: Mutex::default(),
            fails: Mutex::default(),
            pages: AtomicUsize::new(0),
            may_answer: Semaphore::new(1_000_000),
        })
    }

    fn put(&self, message: Message) {
        self.messages.lock().unwrap().push(message);
    }

    fn answer(&self) -> Result<Vec<Message>, StoreError> {
        if *self.fails.lock().unwrap() {
            return Err(StoreError::Unavailable("as told".into()));
        }
        Ok(self.messages.lock().unwrap().clone())
    }
}

/// It tells of the user of its own number.
fn message(id: MessageId) -> Message {
    let (kind, at) = (EventKind::ProfileChanged, Timestamp::from_millis(7));
    let (subject, by) = (Some(Subject::User(user(id))), Agent::default());
    Message { id, event: Event { kind, at, session: None, subject, origin: None, address: None, by } }
}

fn user(number: u64) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number.into()))
}

#[async_trait]
impl MessageLog for Log {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        Ok(self.answer()?.last().map_or(0, |message| message.id))
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.pages.fetch_add(1, SeqCst);
        let page = self.answer()?.into_iter().filter(|message| message.id > after).take(limit.try_into().unwrap());
        let page: Vec<_> = page.collect();
        self.may_answer.acquire().await.unwrap().forget();
        let strange = *self.strange.lock().unwrap();
        if page.iter().any(|message| strange == Some(message.id)) {
            return Err(StoreError::Malformed("message"));
        }
        Ok(page)
    }

    async fn about(&self, _: About, _: MessageId, _: u32) -> Result<Vec<Message>, StoreError> {
        panic!("nobody asks for that")
    }
}

struct Node {
    log: Arc<Log>,
    stamps: Arc<Stamps>,
    follower: Arc<Follower>,
}

impl Node {
    /// One that has looked at the log once.
    async fn at(log: Arc<Log>) -> Self {
        let node = Self::unstarted(log);
        node.follow().await;
        node
    }

    fn unstarted(log: Arc<Log>) -> Self {
        let stamps = Arc::new(Stamps::new());
        let follower = Arc::new(Follower::new(log.clone(), stamps.clone(), PATIENCE));
        Self { log, stamps, follower }
    }

    async fn follow(&self) -> MessageId {
        self.follower.follow().await.unwrap_or_else(|error| panic!("{error:?}"))
    }

    fn asks(&self) -> JoinHandle<MessageId> {
        let follower = Arc::clone(&self.follower);
        tokio::spawn(async move { follower.follow().await.unwrap_or_else(|error| panic!("{error:?}")) })
    }

    /// Of whom what was read then does not hold any more, among a few.
    fn forgot(&self, read: Moment) -> Vec<u64> {
        (1..=9).filter(|number| !self.stamps.holds(read, &Touched::User(user(*number)))).collect()
    }
}

#[tokio::test]
async fn what_was_read_holds_until_a_message_tells_of_it() {
    let node = Node::at(Log::of([1, 2])).await;
    let read = node.stamps.now();
    assert_eq!(node.follow().await, 2);
    assert_eq!(node.forgot(read), [0_u64; 0]);
    node.log.put(message(3));
    node.log.put(message(4));
    assert_eq!(node.forgot(read), [0_u64; 0], "nobody has looked");
    assert_eq!(node.follow().await, 4);
    assert_eq!(node.forgot(read), [3, 4]);
    assert_eq!(node.forgot(node.stamps.now()), [0_u64; 0], "read anew");
}

#[tokio::test]
async fn a_log_is_followed_from_its_first_message_on() {
    let node = Node::at(Log::of([])).await;
    let read = node.stamps.now();
    assert_eq!(node.follow().await, 0);
    node.log.put(message(1));
    assert_eq!(node.follow().await, 1);
    assert_eq!(node.forgot(read), [1]);
}

#[tokio::test]
async fn what_was_read_before_the_first_look_does_not_count() {
    let node = Node::unstarted(Log::of([1]));
    let read = node.stamps.now();
    node.follow().await;
    assert_eq!(node.forgot(read).len(), 9);
}

#[tokio::test]
async fn a_look_when_nothing_has_happened_is_one_statement() {
    let node = Node::at(Log::of([1, 2])).await;
    let before = node.log.pages.load(SeqCst);
    node.follow().await;
    assert_eq!(node.log.pages.load(SeqCst), before + 1);
}

#[tokio::test]
async fn numbers_of_units_that_were_undone_are_no_reason_to_forget_anything() {
    let node = Node::at(Log::of([1, 2])).await;
    let read = node.stamps.now();
    node.log.put(message(5));
    assert_eq!(node.follow().await, 5);
    assert_eq!(node.forgot(read), [5]);
}

#[tokio::test]
async fn more_than_a_page_is_read_to_its_end() {
    let node = Node::at(Log::of([1])).await;
    let read = node.stamps.now();
    // All of one user: of so many, some would share the slot of one who is looked at.
    (10..=1510).for_each(|id| node.log.put(Message { id, ..message(10) }));
    node.log.messages.lock().unwrap()[1400].event.subject = Some(Subject::User(user(3)));
    assert_eq!(node.follow().await, 1510);
    assert_eq!(node.forgot(read), [3]);
}

#[tokio::test]
async fn whoever_is_too_far_behind_forgets_everything_instead_of_reading_on() {
    let node = Node::at(Log::of([1])).await;
    let read = node.stamps.now();
    (10..100_000).for_each(|id| node.log.put(message(id)));
    assert_eq!(node.follow().await, 99_999);
    assert_eq!(node.forgot(read).len(), 9);
    assert!(node.log.pages.load(SeqCst) < 12);
    let read = node.stamps.now();
    assert_eq!(node.follow().await, 99_999);
    assert_eq!(node.forgot(read), [0_u64; 0], "and is there");
}

#[tokio::test]
async fn everything_is_forgotten_when_the_log_goes_back() {
    let node = Node::at(Log::of(1..=5)).await;
    let read = node.stamps.now();
    node.log.messages.lock().unwrap().truncate(3);
    assert_eq!(node.follow().await, 3);
    assert_eq!(node.forgot(read).len(), 9);
}

#[tokio::test]
async fn everything_is_forgotten_when_the_log_went_back_and_has_grown_beyond_where_it_was() {
    for end in [5, 8] {
        let node = Node::at(Log::of(1..=5)).await;
        let read = node.stamps.now();
        node.log.messages.lock().unwrap().truncate(3);
        for id in 4..=end {
            let mut other = message(id);
            other.event.session = Some(SessionId::from_uuid(Uuid::from_u128(id.into())));
            node.log.put(other);
        }
        assert_eq!(node.follow().await, end);
        assert_eq!(node.forgot(read).len(), 9, "it has {end} again");
    }
}

#[tokio::test]
async fn everything_is_forgotten_again_and_again_while_the_newest_message_is_of_an_unknown_kind() {
    let node = Node::at(Log::of([1])).await;
    let read = node.stamps.now();
    node.log.put(message(2));
    *node.log.strange.lock().unwrap() = Some(2);
    assert_eq!(node.follow().await, 2);
    assert_eq!(node.forgot(read).len(), 9);
    let read = node.stamps.now();
    assert_eq!(node.follow().await, 2);
    assert_eq!(node.forgot(read).len(), 9, "it may be another one by now");
    node.log.put(message(3));
    node.follow().await;
    let read = node.stamps.now();
    assert_eq!(node.follow().await, 3);
    assert_eq!(node.forgot(read), [0_u64; 0]);
}

#[tokio::test]
async fn whoever_cannot_look_is_told_so_and_nothing_is_missed() {
    let node = Node::at(Log::of([1])).await;
    let read = node.stamps.now();
    node.log.put(message(2));
    *node.log.fails.lock().unwrap() = true;
    assert!(matches!(node.follower.follow().await, Err(StoreError::Unavailable(_))));
    *node.log.fails.lock().unwrap() = false;
    assert_eq!(node.follow().await, 2);
    assert_eq!(node.forgot(read), [2]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_they_have_patience_and_the_next_look_is_another() {
    let node = Node::at(Log::of([1])).await;
    let held = node.log.may_answer.forget_permits(1_000_000);
    assert!(matches!(node.follower.follow().await, Err(StoreError::Unavailable(_))));
    node.log.may_answer.add_permits(held);
    assert_eq!(node.follow().await, 1);
}

#[tokio::test]
async fn whoever_asks_while_somebody_looks_is_answered_by_another_look() {
    let node = Node::at(Log::of([1])).await;
    let held = node.log.may_answer.forget_permits(1_000_000);
    let before = node.log.pages.load(SeqCst);
    let first = node.asks();
    while node.log.pages.load(SeqCst) == before {
        yield_now().await;
    }
    // The statement has seen the log as it is; what comes now is acknowledged before anybody else asks.
    node.log.put(message(2));
    let later: Vec<_> = (0..20).map(|_| node.asks()).collect();
    for _ in 0..100 {
        yield_now().await;
    }
    node.log.may_answer.add_permits(held);
    assert_eq!(first.await.unwrap(), 1);
    for asked in later {
        assert_eq!(asked.await.unwrap(), 2);
    }
    assert_eq!(node.log.pages.load(SeqCst), before + 2, "one look for all of them");
}

#[tokio::test]
async fn whoever_hangs_up_takes_nobody_along() {
    let node = Node::at(Log::of([1])).await;
    let held = node.log.may_answer.forget_permits(1_000_000);
    let (gone, stays) = (node.asks(), node.asks());
    yield_now().await;
    gone.abort();
    node.log.may_answer.add_permits(held);
    assert_eq!(stays.await.unwrap(), 1);
}
