//! Units that are passed on to the store, and what memory learns from them, and need not read: whoever logs in asks for their
//! session and themselves next.

#[cfg(test)]
mod tests;

use std::sync::{Arc, atomic::Ordering::SeqCst};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, UnitOfWork},
    touched::Touched,
};
use vestibule_domain::{
    secret::Digest,
    session::{Session, Subject},
    time::Timestamp,
    user::{User, UserId},
};

use super::Cached;
use crate::{
    aside::to_its_end,
    stamps::{Moment, Over, Reading},
};

/// What a unit will have written, if it is.
struct News {
    sessions: Vec<(Session, Digest)>,
    logins: Vec<(UserId, Timestamp)>,
    /// From before the store heard of it: whatever else is written from then on counts.
    read: Moment,
    seen: Moment,
}

#[async_trait]
impl UnitOfWork for Cached {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let news = self.hear(&changes);
        let (committed, over) = self.pass_on(changes).await?;
        self.learn(news, over.as_ref());
        Ok(committed)
    }
}

impl Cached {
    /// Writes a unit. Nothing is learnt from it but what it makes untrue.
    pub(crate) async fn pass_on(&self, changes: Vec<Change>) -> Result<(Committed, Option<Over>), CommitError> {
        let touched: Vec<Touched> = changes.iter().filter_map(Touched::by).collect();
        let underway = self.newest.enter(&touched);
        let sightings = self.sessions.write(&changes);
        let (unit, swept) = (Arc::clone(&self.inner.unit), Arc::clone(&self.swept));
        // The store may go on with a unit whose caller has gone: what it touches stays in flux until that is over.
        to_its_end(async move {
            let committed = unit.commit(changes).await;
            if committed.is_ok() {
                sightings.happened(Timestamp::from_millis(swept.load(SeqCst)));
            }
            let over = underway.tell(committed.as_ref().ok().and_then(|committed| committed.newest));
            committed.map(|committed| (committed, over))
        })
        .await
    }

    /// What there is to learn of a unit that is about to be written.
    fn hear(&self, changes: &[Change]) -> News {
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
    fn learn(&self, news: News, over: Option<&Over>) {
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
