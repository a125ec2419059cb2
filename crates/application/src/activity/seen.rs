//! A sighting where the session itself is kept in memory.

use std::sync::atomic::{AtomicI64, Ordering::SeqCst};

use vestibule_domain::time::Timestamp;

/// When a session that is kept in memory was seen there, in milliseconds; the last bit says whether that is noticed: whoever
/// writes it looks here from time to time. One word, so that nobody sees the one without the other.
#[derive(Debug)]
pub struct Seen(AtomicI64);

impl Default for Seen {
    fn default() -> Self {
        Self(AtomicI64::new(Self::NEVER << 1))
    }
}

impl Seen {
    const NEVER: i64 = i64::MIN >> 1;
    const LATEST: i64 = i64::MAX >> 1;
    const IS_NOTICED: i64 = 1;

    /// It was seen then. Says whether that is noticed.
    pub(super) fn see(&self, at: Timestamp) -> bool {
        let at = at.as_millis().clamp(Self::NEVER, Self::LATEST);
        let later = |word: i64| ((word >> 1).max(at) << 1) | (word & Self::IS_NOTICED);
        self.0.update(SeqCst, SeqCst, later) & Self::IS_NOTICED != 0
    }

    /// When it was seen last, if that was noticed.
    pub(super) fn noticed(&self) -> Option<Timestamp> {
        let word = self.0.load(SeqCst);
        if word & Self::IS_NOTICED != 0 { Self::time_of(word) } else { None }
    }

    /// From now on it is noticed. When it was seen before.
    pub(super) fn watch(&self) -> Option<Timestamp> {
        Self::time_of(self.0.fetch_or(Self::IS_NOTICED, SeqCst))
    }

    /// From now on it is not noticed any more. When it was seen before.
    pub(super) fn leave(&self) -> Option<Timestamp> {
        Self::time_of(self.0.fetch_and(!Self::IS_NOTICED, SeqCst))
    }

    fn time_of(word: i64) -> Option<Timestamp> {
        let at = word >> 1;
        (at != Self::NEVER).then(|| Timestamp::from_millis(at))
    }
}
