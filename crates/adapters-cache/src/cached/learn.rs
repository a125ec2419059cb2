//! What memory learns from a unit that it passes on, and need not read from the store: whoever logs in asks for their session and
//! themselves next.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use vestibule_application::{change::Change, touched::Touched};
use vestibule_domain::{
    secret::Digest,
    session::{Session, Subject},
    time::Timestamp,
    user::{User, UserId},
};

use super::Cached;
use crate::stamps::{Moment, Over, Reading};

/// What a unit will have written, if it is.
pub(super) struct News {
    sessions: Vec<(Session, Digest)>,
    logins: Vec<(UserId, Timestamp)>,
    /// From before the store heard of it: whatever else is written from then on counts.
    read: Moment,
    seen: Moment,
}

impl Cached {
    /// What there is to learn of a unit that is about to be written.
    pub(super) fn hear(&self, changes: &[Change]) -> News {
        let (read, seen) = (self.stamps.now(), self.sessions.now());
        let (mut sessions, mut logins) = (Vec::new(), Vec::new());
        for change in changes {
            if let Change::BeginSession { session, digest } = change {
                sessions.push((session.clone(), *digest));
            }
            // Who has failed asks for nothing.
            if let Change::RecordLogin { subject: Subject::User(user), at, succeeded: true } = change {
                logins.push((*user, *at));
            }
        }
        News { sessions, logins, read, seen }
    }

    /// The unit was written.
    pub(super) fn learn(&self, news: News, over: Option<&Over>) {
        let News { sessions, logins, read, seen } = news;
        for (session, digest) in sessions {
            self.sessions.keep(&session, &self.users, Some(&digest), read, seen);
        }
        let Some(over) = over else { return };
        for (user, at) in logins {
            self.came_in(user, at, over);
        }
    }

    /// Notes a login in what is kept of its user, if nothing else was written of them meanwhile.
    fn came_in(&self, id: UserId, at: Timestamp, over: &Over) {
        let kept = self.users.get(id);
        let held = kept.filter(|kept| over.held_but_for_it(kept.read, &Touched::User(id)));
        if let Some(Reading { value, .. }) = held {
            let last = value.last_successful_login.max(Some(at));
            let user = User { last_successful_login: last, ..User::clone(&value) };
            self.users.seat(id).put(Reading { value: Arc::new(user), read: over.at() });
        }
    }
}
