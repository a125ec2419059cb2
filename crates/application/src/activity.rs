//! When sessions were last seen: noted in memory, written in batches, and believed at once.
//!
//! A decorator of the session store. A session that is in use is written only every so often: a row for each request would
//! cost more than the request. After a crash those notes are missing, so sessions can only idle out a little earlier than
//! they should, never later.

mod seen;
#[cfg(test)]
mod tests;

use std::{
    array,
    collections::HashMap,
    future::poll_fn,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
    time::Duration,
};

use async_trait::async_trait;
use vestibule_domain::{
    secret::Digest,
    session::{Session, SessionId},
    time::Timestamp,
};

pub use self::seen::Seen;
use crate::{
    change::Change,
    ports::{CommitError, Place, SessionFilter, SessionStore, Sightings, StoreError, UnitOfWork},
};

/// The session store with fresher times.
pub struct Activity {
    sessions: Arc<dyn SessionStore>,
    unit: Arc<dyn UnitOfWork>,
    /// Parts of the notes, by the last bits of the sessions' ids: requests seldom wait for each other.
    parts: [Mutex<Notes>; Self::PARTS],
}

type Notes = HashMap<SessionId, Note, foldhash::fast::RandomState>;

/// When a session was seen. There are as many as sessions in use.
struct Note {
    at: Timestamp,
    /// Where it is seen later, without this being told.
    place: Option<Arc<dyn Place>>,
    /// How far the store is behind, in milliseconds.
    behind: u32,
    /// How far it may be.
    lag: u32,
}

/// Seven weeks are as good as any longer time.
fn millis(span: Duration) -> u32 {
    u32::try_from(span.as_millis()).unwrap_or(u32::MAX)
}

impl Note {
    fn is_written(&self) -> bool {
        self.behind == 0
    }

    /// Whether the store is too far behind, or the session has been left alone for so long that this may have been the
    /// last time.
    fn is_due(&self, now: Timestamp) -> bool {
        !self.is_written() && (self.behind >= self.lag || millis(now.since(self.at)) >= self.lag)
    }

    /// It was seen then.
    fn see(&mut self, at: Timestamp) {
        if let Some(place) = &self.place {
            place.seen().see(at);
        }
        self.move_on(at);
    }

    /// It was seen in its place, perhaps.
    fn catch_up(&mut self) {
        if let Some(seen) = self.place.as_ref().and_then(|place| place.seen().noticed()) {
            self.move_on(seen);
        }
    }

    /// Goes by what was seen meanwhile, and says whether the store does not have that yet.
    fn look(&mut self) -> bool {
        self.catch_up();
        // Memory has given it up: only this note still holds it.
        let is_given_up = self.place.as_ref().is_some_and(|place| Arc::strong_count(place) == 1);
        if is_given_up || self.is_written() {
            self.leave();
        }
        // What was written was kept since the last time for whoever was reading an older row then; that is over now.
        !self.is_written()
    }

    /// It is noticed from now on if it is seen there.
    fn watch(&mut self, place: &Arc<dyn Place>) {
        self.leave();
        place.seen().see(self.at);
        if let Some(seen) = place.seen().watch() {
            self.move_on(seen);
        }
        self.place = Some(Arc::clone(place));
    }

    /// Whoever sees it in its place has to tell, from now on.
    fn leave(&mut self) {
        if let Some(seen) = self.place.take().and_then(|place| place.seen().leave()) {
            self.move_on(seen);
        }
    }

    fn move_on(&mut self, at: Timestamp) {
        self.behind = self.behind.saturating_add(millis(at.since(self.at)));
        self.at = self.at.max(at);
    }

    /// The store has this time.
    fn written(&mut self, at: Timestamp) {
        self.behind = millis(self.at.since(at));
    }
}

impl Activity {
    /// The most sessions whose times are written in one unit.
    const BATCH: usize = 500;
    /// How far the store may be behind at most: a session in use is written so often, and no more.
    const LAG: Duration = Duration::from_mins(10);
    /// The part of the time that a session may go unused by which the store may be behind.
    const LAG_OF_IDLE: u32 = 16;
    const PARTS: usize = 64;

    /// In front of this store.
    pub fn new(sessions: Arc<dyn SessionStore>, unit: Arc<dyn UnitOfWork>) -> Self {
        Self { sessions, unit, parts: array::from_fn(|_| Mutex::default()) }
    }

    /// Writes what is due. What could not be written stays noted.
    pub async fn flush(&self, now: Timestamp) -> Result<(), CommitError> {
        self.write(|note| note.is_due(now)).await
    }

    /// Writes all that was noted.
    pub async fn flush_all(&self) -> Result<(), CommitError> {
        self.write(|note| !note.is_written()).await
    }

    async fn write(&self, is_wanted: impl Fn(&Note) -> bool) -> Result<(), CommitError> {
        let mut wanted: Vec<(SessionId, Timestamp)> = Vec::new();
        for part in &self.parts {
            {
                let mut notes = of(part);
                notes.retain(|_, note| note.look());
                wanted.extend(notes.iter().filter(|(_, note)| is_wanted(note)).map(|(id, note)| (*id, note.at)));
            }
            next_turn().await;
        }
        for batch in wanted.chunks(Self::BATCH) {
            self.unit.commit(vec![Change::TouchSessions(batch.to_vec())]).await?;
            for (id, at) in batch {
                if let Some(note) = self.part(*id).get_mut(id) {
                    note.written(*at);
                }
            }
        }
        Ok(())
    }

    fn take_note(&self, session: &Session, at: Timestamp, place: Option<&Arc<dyn Place>>) {
        let lag = millis(session.idle_ttl.map_or(Self::LAG, |ttl| Self::LAG.min(ttl / Self::LAG_OF_IDLE)));
        let mut notes = self.part(session.id);
        let new = || Note { at: session.last_seen, place: None, behind: 0, lag };
        let note = notes.entry(session.id).or_insert_with(new);
        note.see(at);
        // A login changes how long the session may go unused.
        note.lag = lag;
        if let Some(place) = place {
            note.watch(place);
        }
    }

    fn part(&self, id: SessionId) -> MutexGuard<'_, Notes> {
        let [.., last] = id.as_uuid().into_bytes();
        of(&self.parts[usize::from(last) % Self::PARTS])
    }
}

/// Lets others go on first: there may be a million notes.
async fn next_turn() {
    let mut is_next = false;
    let turn = poll_fn(|context| {
        if mem::replace(&mut is_next, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    });
    turn.await;
}

fn of(part: &Mutex<Notes>) -> MutexGuard<'_, Notes> {
    part.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sightings for Activity {
    fn note(&self, session: &Session, at: Timestamp) {
        if at <= session.last_seen {
            return;
        }
        self.take_note(session, at, None);
    }

    fn refresh(&self, session: &mut Session) {
        if let Some(note) = self.part(session.id).get_mut(&session.id) {
            note.catch_up();
            session.last_seen = session.last_seen.max(note.at);
        }
    }

    fn note_in(&self, place: &Arc<dyn Place>, session: &Session, at: Timestamp) {
        if !place.seen().see(at) {
            self.take_note(session, at, Some(place));
        }
    }

    fn refresh_in(&self, place: &dyn Place, session: &mut Session) {
        match place.seen().noticed() {
            Some(seen) => session.last_seen = session.last_seen.max(seen),
            None => self.refresh(session),
        }
    }
}

#[async_trait]
impl SessionStore for Activity {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        let mut found = self.sessions.by_digest(digest).await?;
        if let Some(session) = &mut found {
            self.refresh(session);
        }
        Ok(found)
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let mut found = self.sessions.by_id(id).await?;
        if let Some(session) = &mut found {
            self.refresh(session);
        }
        Ok(found)
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        let mut page = self.sessions.page(filter).await?;
        for session in &mut page {
            self.refresh(session);
        }
        Ok(page)
    }
}
