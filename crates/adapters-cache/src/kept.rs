//! What is kept of what the store answered.

use std::sync::atomic::{AtomicI64, Ordering::Relaxed};

use vestibule_domain::{session::Session, time::Timestamp};

use crate::stamps::Moment;

/// What the store answered, and when it was asked.
#[derive(Clone)]
pub(crate) struct Reading<T> {
    pub(crate) value: T,
    pub(crate) read: Moment,
}

/// A session that had not ended.
pub(crate) struct Kept {
    pub(crate) session: Session,
    pub(crate) read: Moment,
    /// The session's `last_seen`, in milliseconds; moves on with what is noted.
    pub(crate) seen: AtomicI64,
}

impl Kept {
    /// The session as it is now.
    pub(crate) fn session(&self) -> Session {
        Session { last_seen: Timestamp::from_millis(self.seen.load(Relaxed)), ..self.session.clone() }
    }
}
