//! How long sessions live.

use std::time::Duration;

/// The three limits on a session's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifetimes {
    /// An anonymous session, from its beginning (or from the sign-out that made it anonymous).
    pub anonymous: Duration,
    /// An authenticated session, from its last use.
    pub idle: Duration,
    /// An authenticated session, from its authentication, however much it is used.
    pub absolute: Duration,
}

impl Default for Lifetimes {
    /// 30 minutes anonymous, 8 hours idle, 30 days absolute.
    fn default() -> Self {
        const MINUTE: u64 = 60;
        const HOUR: u64 = 60 * MINUTE;
        Self {
            anonymous: Duration::from_secs(30 * MINUTE),
            idle: Duration::from_secs(8 * HOUR),
            absolute: Duration::from_secs(30 * 24 * HOUR),
        }
    }
}
