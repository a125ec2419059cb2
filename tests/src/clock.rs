//! A clock that moves when it is told to.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::Duration,
};

use vestibule_application::ports::Clock;
use vestibule_domain::time::Timestamp;

/// Stands still between calls of [`TestClock::advance`].
#[derive(Debug)]
pub struct TestClock(AtomicI64);

impl Default for TestClock {
    fn default() -> Self {
        Self(AtomicI64::new(1_790_000_000_000))
    }
}

impl TestClock {
    /// Moves on.
    pub fn advance(&self, span: Duration) {
        self.0.fetch_add(i64::try_from(span.as_millis()).unwrap(), Ordering::SeqCst);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}
