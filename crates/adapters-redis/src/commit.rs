//! Committing a unit to two stores at once.
//!
//! 1. Sessions in Redis that the unit decides on are *taken*: from now on whoever reads one asks beside Redis too.
//! 2. The places of sessions that it begins are *reserved*: whoever finds one there waits.
//! 3. Everything but the beginnings is committed beside Redis, the sessions that were taken as rows there. **This is the
//!    moment at which the unit happens, or does not.**
//! 4. Reserved sessions are *confirmed*, or released; taken ones are removed.
//!
//! Who comes first where two units decide on one session is found out in step 3, where only one row can be inserted; the
//! other starts again, and finds the row. If this process dies after step 3, sessions that were to begin have not begun:
//! nobody was told their tokens. Those that were decided on stay marked, and the row counts.

mod plan;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use tokio::time::sleep;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Conflict, StoreError, UnitOfWork},
};
use vestibule_domain::{
    secret::Digest,
    session::{Ending, Session, SessionId, Subject},
    time::Timestamp,
};

use self::plan::Plan;
use crate::{
    RedisStore,
    entries::{Touched, place},
    keys::Place,
    record::Entry,
};

/// How often a unit starts again because another was first.
const TRIES: u32 = 20;

#[async_trait]
impl UnitOfWork for RedisStore {
    /// In a task of its own: a caller who hangs up must not leave it half-way.
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let store = self.clone();
        let task = tokio::spawn(async move { store.commit_whole(changes).await });
        task.await.unwrap_or_else(|lost| Err(StoreError::Unavailable(Box::new(lost)).into()))
    }
}

impl RedisStore {
    async fn commit_whole(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        if let [Change::TouchSessions(seen)] = changes.as_slice() {
            let beside = self.touch(seen).await?;
            return if beside.is_empty() {
                Ok(Committed::default())
            } else {
                self.base.unit.commit(vec![Change::TouchSessions(beside)]).await
            };
        }
        let mut tries = 0;
        loop {
            tries += 1;
            let plan = self.plan(changes.clone()).await?;
            match self.carry_out(plan).await {
                Err(Lost::ToAnother) if tries < TRIES => {}
                Err(Lost::ToAnother) => return Err(Conflict::SessionExists.into()),
                Err(Lost::For(error)) => return Err(error),
                Ok(committed) => return Ok(committed),
            }
        }
    }

    async fn carry_out(&self, plan: Plan) -> Result<Committed, Lost> {
        let Plan { begun, taken, beside, seen, ends_of } = plan;
        let unit = self.ids.next();
        if !self.entries.reserve(&begun, unit).await? {
            return Err(Lost::For(Conflict::SessionExists.into()));
        }
        let committed = match self.have_rows(&begun).await {
            Ok(false) => self.base.unit.commit(beside).await,
            Ok(true) => Err(Conflict::SessionExists.into()),
            Err(error) => Err(error.into()),
        };
        let committed = match committed {
            Ok(committed) => committed,
            Err(error) => {
                // What cannot be released now goes by itself.
                let _ = self.entries.release(&begun, unit).await;
                let outrun = matches!(error, CommitError::Conflict(Conflict::SessionExists)) && !taken.is_empty();
                return Err(if outrun { Lost::ToAnother } else { Lost::For(error) });
            }
        };
        self.entries.confirm(&begun).await?;
        self.let_go(&taken).await?;
        self.touch(&seen).await?;
        for (subject, ending) in ends_of {
            self.end_late_ones(subject, ending).await?;
        }
        Ok(committed)
    }

    /// Whether one of these sessions, or its token, has been in the world already.
    async fn have_rows(&self, begun: &[(Session, Digest)]) -> Result<bool, StoreError> {
        let has_row = |(session, digest): &(Session, _)| {
            let (id, digest) = (session.id, *digest);
            async move { Ok(self.has_row(id).await? || self.base.sessions.by_digest(&digest).await?.is_some()) }
        };
        let known: Vec<bool> = try_join_all(begun.iter().map(has_row)).await?;
        Ok(known.contains(&true))
    }

    /// Removes sessions that have rows beside Redis now.
    pub(crate) async fn let_go(&self, taken: &[Entry]) -> Result<(), StoreError> {
        let remove = |entry: &Entry| {
            let (place, digest) = (place(&entry.session), entry.digest);
            async move { self.entries.remove(place, &digest).await }
        };
        try_join_all(taken.iter().map(remove)).await.map(drop)
    }

    /// Notes when sessions were seen, and says which of them are not Redis's.
    async fn touch(&self, seen: &[(SessionId, Timestamp)]) -> Result<Vec<(SessionId, Timestamp)>, StoreError> {
        let touch = |(id, at)| async move { Ok::<_, StoreError>((self.entries.touch(id, at).await?, id, at)) };
        let touched = try_join_all(seen.iter().copied().map(touch)).await?;
        let beside = touched.into_iter().filter(|(touched, ..)| *touched == Touched::Beside);
        Ok(beside.map(|(_, id, at)| (id, at)).collect())
    }

    /// A login that was half-way when a unit ended its subject's sessions may have been committed before that unit, and
    /// its session begun after the unit looked. So it looks again, and waits for those that are about to begin.
    async fn end_late_ones(&self, subject: Subject, ending: Ending) -> Result<(), CommitError> {
        loop {
            let late = self.take_all_of(subject, Unborn::Awaited).await?;
            if late.is_empty() {
                return Ok(());
            }
            let rows = late.iter().map(|entry| ended(entry, ending)).collect();
            match self.base.unit.commit(rows).await {
                Ok(_) => self.let_go(&late).await?,
                // Somebody else ended one of them: look once more.
                Err(CommitError::Conflict(Conflict::SessionExists)) => {}
                Err(error) => return Err(error),
            }
        }
    }

    /// Takes a session, if it is Redis's.
    pub(crate) async fn take(&self, id: SessionId) -> Result<Option<Entry>, StoreError> {
        match self.entries.place_of(id).await? {
            Some(place) => self.take_at(place, Unborn::Awaited).await,
            None => Ok(None),
        }
    }

    /// The same, where it is known to be if it is anywhere. Removes what is left of one that is not Redis's any more.
    pub(crate) async fn take_at(&self, place: Place, unborn: Unborn) -> Result<Option<Entry>, StoreError> {
        let entry = loop {
            match self.entries.take(place).await? {
                Some(entry) if !entry.unborn => break entry,
                Some(_) if unborn == Unborn::Awaited => sleep(RedisStore::PAUSE).await,
                Some(_) => return Ok(None),
                None => {
                    self.entries.strike_of(place).await?;
                    return Ok(None);
                }
            }
        };
        if self.has_row(place.id).await? {
            self.entries.remove(place, &entry.digest).await?;
            return Ok(None);
        }
        Ok(Some(entry))
    }

    /// Takes all sessions of a subject that are Redis's.
    pub(crate) async fn take_all_of(&self, subject: Subject, unborn: Unborn) -> Result<Vec<Entry>, StoreError> {
        const BATCH: usize = 500;
        let (mut taken, mut after) = (Vec::new(), None);
        loop {
            let ids = self.entries.of_subject(subject, after, BATCH).await?;
            let taking = ids.iter().map(|id| self.take_at(Place { subject, id: *id }, unborn));
            taken.extend(try_join_all(taking).await?.into_iter().flatten());
            match ids.last() {
                Some(last) if ids.len() == BATCH => after = Some(*last),
                _ => return Ok(taken),
            }
        }
    }
}

/// What becomes of sessions whose unit is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unborn {
    /// They are waited for, until they begin or come to nothing.
    Awaited,
    /// They are left alone.
    Skipped,
}

/// The row of a session that is ended.
pub(crate) fn ended(entry: &Entry, ending: Ending) -> Change {
    let session = Session { ended: Some(ending), ..entry.session.clone() };
    Change::BeginSession { session, digest: entry.digest }
}

/// Why a plan came to nothing.
enum Lost {
    /// Another unit decided on a session first: look again.
    ToAnother,
    /// For good.
    For(CommitError),
}

impl From<StoreError> for Lost {
    fn from(error: StoreError) -> Self {
        Self::For(error.into())
    }
}

impl From<CommitError> for Lost {
    fn from(error: CommitError) -> Self {
        Self::For(error)
    }
}
