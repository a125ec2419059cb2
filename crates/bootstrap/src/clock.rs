//! The time of day.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{SystemTime, UNIX_EPOCH},
};

use vestibule_application::ports::Clock;
use vestibule_domain::time::Timestamp;

/// The machine's clock, except that it never goes backwards: when the machine's is set back, this one stands still until
/// that one has caught up. So what has expired stays expired.
#[derive(Debug, Default)]
pub(crate) struct SystemClock {
    latest: AtomicI64,
}

impl SystemClock {
    fn at_least(&self, millis: i64) -> Timestamp {
        let latest = self.latest.fetch_max(millis, Ordering::Relaxed);
        Timestamp::from_millis(latest.max(millis))
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the clock that everything else asks")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.at_least(i64::try_from(since_epoch.as_millis()).unwrap_or(i64::MAX))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_while_the_machine_s_clock_is_behind() {
        let clock = SystemClock::default();
        let told = [1000, 2000, 500, 1999, 2001].map(|millis| clock.at_least(millis).as_millis());
        assert_eq!(told, [1000, 2000, 2000, 2000, 2001]);
    }

    #[test]
    fn it_tells_the_time_of_this_century() {
        assert!(SystemClock::default().now().as_secs() > 1_700_000_000);
    }
}
