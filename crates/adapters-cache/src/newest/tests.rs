use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

use super::*;

/// What is known of a log, and a store that tells its newest message.
struct Log {
    stamps: Arc<Stamps>,
    newest: Arc<Newest>,
    asked: AtomicUsize,
}

impl Log {
    fn new() -> Self {
        let stamps = Arc::new(Stamps::new());
        Self { newest: Arc::new(Newest::new(Arc::clone(&stamps))), stamps, asked: AtomicUsize::new(0) }
    }

    fn enter(&self) -> Underway {
        self.newest.enter(&[Touched::Roles, Touched::Log])
    }

    /// Asks the store, if that must be, which answers this.
    async fn latest(&self, stored: MessageId) -> MessageId {
        let ask = async {
            self.asked.fetch_add(1, Relaxed);
            Ok(stored)
        };
        self.newest.get_or_ask(ask).await.unwrap()
    }

    fn asked(&self) -> usize {
        self.asked.load(Relaxed)
    }
}

#[tokio::test]
async fn what_a_unit_tells_is_the_newest_and_nobody_has_to_ask() {
    let log = Log::new();
    assert_eq!(log.newest.get(), None, "nobody has asked");
    let unit = log.enter();
    assert_eq!((log.newest.get(), log.newest.so_far()), (None, None));
    unit.tell(Some(1));
    assert_eq!((log.newest.get(), log.newest.so_far()), (Some(1), Some(1)));
    assert_eq!((log.latest(9).await, log.asked()), (1, 0));
}

#[test]
fn while_units_are_under_way_the_newest_so_far_is_what_the_last_told() {
    let log = Log::new();
    let (first, second) = (log.enter(), log.enter());
    first.tell(Some(1));
    assert_eq!((log.newest.get(), log.newest.so_far()), (None, Some(1)));
    second.tell(Some(2));
    assert_eq!((log.newest.get(), log.newest.so_far()), (Some(2), Some(2)));
}

#[test]
fn whoever_is_late_to_tell_takes_nothing_back() {
    let log = Log::new();
    let (first, second) = (log.enter(), log.enter());
    second.tell(Some(2));
    first.tell(Some(1));
    assert_eq!(log.newest.get(), Some(2));
}

#[tokio::test]
async fn after_a_unit_that_does_not_tell_somebody_has_to_ask() {
    let log = Log::new();
    log.enter().tell(Some(1));
    drop(log.enter());
    assert_eq!((log.newest.get(), log.newest.so_far()), (None, None), "it may have written");
    log.enter().tell(Some(3));
    assert_eq!(log.newest.get(), Some(3), "it began when that was over, and so has the newest");
    log.enter().tell(None);
    assert_eq!((log.latest(3).await, log.asked()), (3, 1));
}

#[tokio::test]
async fn what_may_have_been_written_after_a_units_own_is_asked_for() {
    let log = Log::new();
    let (telling, silent) = (log.enter(), log.enter());
    drop(silent);
    telling.tell(Some(1));
    assert_eq!((log.newest.get(), log.newest.so_far()), (None, None), "the other may have written 2");
    assert_eq!((log.latest(2).await, log.asked()), (2, 1));
    log.enter().tell(Some(3));
    assert_eq!((log.latest(9).await, log.asked()), (3, 1), "nothing is open any more");
}

#[tokio::test]
async fn once_somebody_has_asked_units_from_before_then_tell_again() {
    let log = Log::new();
    let unit = log.enter();
    drop(log.enter());
    assert_eq!((log.latest(2).await, log.newest.get(), log.newest.so_far()), (2, None, Some(2)));
    unit.tell(Some(1));
    assert_eq!((log.newest.get(), log.asked()), (Some(2), 1));
}

#[tokio::test]
async fn an_answer_that_a_unit_may_have_outrun_does_not_speak_for_it() {
    let log = Log::new();
    let latest = log.newest.get_or_ask(async {
        drop(log.enter());
        Ok(0)
    });
    assert_eq!((latest.await.unwrap(), log.newest.get()), (0, None));
    let unit = log.enter();
    unit.tell(Some(2));
    assert_eq!(log.newest.get(), Some(2));
}

#[tokio::test]
async fn nothing_of_before_a_pause_counts_after_it() {
    let log = Log::new();
    let late = log.enter();
    log.enter().tell(Some(7));
    log.stamps.pause();
    assert_eq!((log.newest.get(), log.newest.so_far()), (None, None));
    log.enter().tell(Some(8));
    assert_eq!(log.newest.so_far(), None, "others write as well");
    log.newest.forget(Stamps::resume);
    assert_eq!((log.newest.get(), log.newest.so_far()), (None, None));
    late.tell(Some(9));
    // The log was replaced by one that is shorter.
    assert_eq!(log.latest(3).await, 3);
    log.enter().tell(Some(4));
    assert_eq!((log.latest(9).await, log.asked()), (4, 1));
}

#[test]
fn units_that_write_nothing_to_the_log_say_nothing_of_it() {
    let log = Log::new();
    log.enter().tell(Some(1));
    drop(log.newest.enter(&[Touched::Roles]));
    assert_eq!(log.newest.get(), Some(1));
}
