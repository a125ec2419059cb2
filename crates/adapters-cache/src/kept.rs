//! The sessions in memory, and when they were last seen.
//!
//! A session that is in use is written every so often, for the time it was last seen alone. To read it from the store again
//! each time would cost more than all its requests, so the time moves here, in the one place where the session is kept:
//! while it is being written the session is *in doubt* and the store is asked, and then both say the same.

#[cfg(test)]
mod tests;

use std::{
    num::NonZeroUsize,
    sync::{
        Arc, Weak,
        atomic::{AtomicI64, AtomicU32, Ordering::SeqCst},
    },
};

use quick_cache::sync::Cache;
use vestibule_application::{activity::Seen, change::Change, ports::Place};
use vestibule_domain::{
    secret::Digest,
    session::{Session, SessionId, Subject},
    time::Timestamp,
};

use crate::{
    compact::{Compact, Places},
    index::Index,
    stamps::{Flux, Moment, Stamps},
    users::{Seat, Users},
};

/// Sessions by their ids, each in one place.
pub(crate) struct Kept {
    entries: Cache<SessionId, Arc<Entry>>,
    /// The same entries: whoever is found here was not replaced or given up there, or a note of a sighting still holds it. Then
    /// it was read earlier, holds as long as that does, and is seen where the note says.
    by_digest: Arc<Index<Entry>>,
    /// When sightings of sessions were written, for readings that may have missed them.
    written: Arc<Stamps>,
    places: Places,
}

/// A session as it was read, but for the time.
pub(crate) struct Entry {
    session: Compact,
    /// Its user's, if it has one.
    seat: Option<Arc<Seat>>,
    read: Moment,
    last_seen: AtomicI64,
    /// How many units are writing the time, or have failed to say whether they did.
    doubts: AtomicU32,
    /// When it was seen, whether or not anybody has written that.
    seen: Seen,
    found_by: Option<FoundBy>,
}

/// The digest by which an entry is found, and where.
struct FoundBy {
    digest: Digest,
    index: Arc<Index<Entry>>,
}

/// Nobody keeps it any more, so it leads nowhere.
impl Drop for Entry {
    fn drop(&mut self) {
        if let Some(FoundBy { digest, index }) = &self.found_by {
            index.remove(digest, self);
        }
    }
}

impl Place for Entry {
    fn seen(&self) -> &Seen {
        &self.seen
    }
}

/// Sightings that are being written. Unless they [happened](Self::happened), their sessions stay in doubt.
pub(crate) struct Sightings {
    /// Only the cache holds them meanwhile, or the note of a sighting: what it gives up or replaces need not be moved.
    seen: Vec<(Weak<Entry>, Timestamp)>,
    _in_flux: Flux,
}

impl Kept {
    pub(crate) fn new(capacity: NonZeroUsize) -> Self {
        Self {
            entries: Cache::new(capacity.get()),
            by_digest: Arc::new(Index::new()),
            written: Arc::new(Stamps::new()),
            places: Places::new(),
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// When a read that starts now begins.
    pub(crate) fn now(&self) -> Moment {
        self.written.now()
    }

    /// What is kept of this session, unless it is in doubt.
    pub(crate) fn get(&self, id: SessionId) -> Option<Arc<Entry>> {
        self.entries.get(&id).filter(|entry| entry.is_certain())
    }

    /// The same for the session with this digest.
    pub(crate) fn by_digest(&self, digest: &Digest) -> Option<Arc<Entry>> {
        self.by_digest.find(digest).filter(|entry| entry.is_of(digest) && entry.is_certain())
    }

    /// Keeps a session that was read at these moments: of all units, and of those that write sightings. Also by its digest, if
    /// it was read by that. One that has ended is not kept: nobody asks for those often.
    pub(crate) fn keep(&self, session: &Session, users: &Users, digest: Option<&Digest>, read: Moment, seen: Moment) {
        let (id, last_seen) = (session.id, AtomicI64::new(session.last_seen.as_millis()));
        let Some(session) = Compact::of(session, &self.places) else { return };
        let seat = if let Subject::User(user) = session.subject { Some(users.seat(user)) } else { None };
        let (doubts, index) = (AtomicU32::new(1), || Arc::clone(&self.by_digest));
        let found_by = digest.map(|digest| FoundBy { digest: *digest, index: index() });
        let entry = Arc::new(Entry { session, seat, read, last_seen, doubts, seen: Seen::default(), found_by });
        self.entries.insert(id, Arc::clone(&entry));
        if let Some(digest) = digest {
            self.by_digest.put(digest, &entry);
        }
        // In this order: a unit that did not find the entry to move its time is noticed here.
        if self.written.holds(seen, &id) {
            entry.doubts.fetch_sub(1, SeqCst);
        }
    }

    /// Puts the sessions in doubt whose sightings a unit is about to write.
    pub(crate) fn write(&self, changes: &[Change]) -> Sightings {
        let seen = || changes.iter().flat_map(sightings);
        let in_flux = self.written.enter(seen().map(|(id, _)| id));
        // Gotten, not peeked at: of a session that is found by its digest, this is how its place hears that it is in use.
        let kept = seen().filter_map(|(id, at)| Some((self.entries.get(id)?, *at)));
        let doubted = kept.inspect(|(entry, _)| _ = entry.doubts.fetch_add(1, SeqCst));
        Sightings { seen: doubted.map(|(entry, at)| (Arc::downgrade(&entry), at)).collect(), _in_flux: in_flux }
    }
}

fn sightings(change: &Change) -> &[(SessionId, Timestamp)] {
    if let Change::TouchSessions(seen) = change { seen } else { &[] }
}

impl Entry {
    fn is_of(&self, digest: &Digest) -> bool {
        self.found_by.as_ref().is_some_and(|found_by| found_by.digest == *digest)
    }

    fn is_certain(&self) -> bool {
        self.doubts.load(SeqCst) == 0
    }

    /// When it was read.
    pub(crate) fn read(&self) -> Moment {
        self.read
    }

    /// Where its user is, if it has one.
    pub(crate) fn seat(&self) -> Option<&Seat> {
        self.seat.as_deref()
    }

    /// The session as it was read, but for the time.
    pub(crate) fn as_read(&self) -> &Compact {
        &self.session
    }

    /// The session.
    pub(crate) fn session(&self) -> Session {
        self.session.seen_at(Timestamp::from_millis(self.last_seen.load(SeqCst)))
    }
}

impl Sightings {
    /// The store has them, but for those of sessions that had ended. It does not say which: what a sweep up to `swept` has
    /// ended, going by the time before, stays in doubt. Who sweeps says so before the store hears of it.
    pub(crate) fn happened(self, swept: Timestamp) {
        for (entry, at) in &self.seen {
            let Some(entry) = entry.upgrade() else { continue };
            if entry.session().over_from() <= swept {
                continue;
            }
            entry.last_seen.fetch_max(at.as_millis(), SeqCst);
            entry.doubts.fetch_sub(1, SeqCst);
        }
    }
}
