//! When sessions were last seen: noted in memory, written in batches, and believed at once.
//!
//! A decorator of the session store. After a crash the notes of the last few seconds are missing, so sessions can only
//! idle out a little earlier than they should, never later.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use vestibule_domain::{
    secret::Digest,
    session::{Session, SessionId},
    time::Timestamp,
};

use crate::{
    change::Change,
    ports::{CommitError, SessionFilter, SessionStore, Sightings, StoreError, UnitOfWork},
};

/// The session store with fresher times.
pub struct Activity {
    sessions: Arc<dyn SessionStore>,
    unit: Arc<dyn UnitOfWork>,
    seen: Mutex<HashMap<SessionId, Note>>,
}

/// When a session was seen, and whether the store has been told.
struct Note {
    at: Timestamp,
    written: bool,
}

impl Activity {
    /// The most sessions whose times are written in one unit.
    const BATCH: usize = 500;

    /// In front of this store.
    pub fn new(sessions: Arc<dyn SessionStore>, unit: Arc<dyn UnitOfWork>) -> Self {
        Self { sessions, unit, seen: Mutex::default() }
    }

    /// Writes what was noted. What could not be written stays noted.
    pub async fn flush(&self) -> Result<(), CommitError> {
        let noted: Vec<(SessionId, Timestamp)> = {
            let mut seen = self.seen();
            // Kept since the last flush for whoever was reading an older row then; that is over now.
            seen.retain(|_, note| !note.written);
            seen.iter().map(|(id, note)| (*id, note.at)).collect()
        };
        for batch in noted.chunks(Self::BATCH) {
            self.unit.commit(vec![Change::TouchSessions(batch.to_vec())]).await?;
            let mut seen = self.seen();
            for (id, at) in batch {
                if let Some(note) = seen.get_mut(id).filter(|note| note.at == *at) {
                    note.written = true;
                }
            }
        }
        Ok(())
    }

    fn seen(&self) -> MutexGuard<'_, HashMap<SessionId, Note>> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn refreshed(&self, mut session: Session) -> Session {
        if let Some(note) = self.seen().get(&session.id) {
            session.last_seen = session.last_seen.max(note.at);
        }
        session
    }
}

impl Sightings for Activity {
    fn note(&self, id: SessionId, at: Timestamp) {
        let mut seen = self.seen();
        let note = seen.entry(id).or_insert(Note { at, written: false });
        if at > note.at {
            *note = Note { at, written: false };
        }
    }
}

#[async_trait]
impl SessionStore for Activity {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        Ok(self.sessions.by_digest(digest).await?.map(|session| self.refreshed(session)))
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.sessions.by_id(id).await?.map(|session| self.refreshed(session)))
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        Ok(self.sessions.page(filter).await?.into_iter().map(|session| self.refreshed(session)).collect())
    }
}
