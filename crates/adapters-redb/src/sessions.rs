//! Sessions: reads and writes.

use std::ops::{Bound, RangeBounds};

use async_trait::async_trait;
use redb::{TableDefinition, WriteTransaction};
use vestibule_application::ports::{CommitError, Conflict, SessionFilter, SessionStore, StoreError};
use vestibule_domain::{
    secret::Digest,
    session::{Ending, Session, SessionId, Subject},
    time::Timestamp,
};

use crate::{
    RedbStore,
    rows::{self, Kept, WithDigest},
    tables::{self, Reads, demand},
};

type KeptSession = WithDigest<Session>;

/// A subject's kind, which of that kind, and a session.
type OfSubject = (u8, u128, u128);

/// Which session has a digest.
const DIGESTS: TableDefinition<&[u8; 32], u128> = TableDefinition::new("session_digests");
/// Which sessions a subject has.
const SUBJECTS: TableDefinition<OfSubject, ()> = TableDefinition::new("session_subjects");
/// What is next to be done with a session: whether it has ended, and from when on it has expired or may be forgotten.
const DUE: TableDefinition<(bool, i64, u128), ()> = TableDefinition::new("session_due");

#[async_trait]
impl SessionStore for RedbStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        self.look(|tx| {
            let id = tables::get(tx, DIGESTS, digest.as_bytes(), |id| id)?;
            id.map(|id| Ok(rows::indexed::<KeptSession>(tx, id)?.bearer)).transpose()
        })
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.look(|tx| Ok(rows::get::<KeptSession>(tx, number(id))?.map(|kept| kept.bearer)))
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        let SessionFilter { subject, live_at, after, limit } = *filter;
        let wanted = move |kept: KeptSession| {
            let live = live_at.is_none_or(|at| kept.bearer.is_live(at));
            live.then_some(kept.bearer)
        };
        self.list(move |tx| {
            if let Some(subject) = subject {
                let pick = |(_, _, id), ()| Ok(wanted(rows::indexed(tx, id)?));
                tables::scan(tx, SUBJECTS, all_of(subject, after), limit, pick)
            } else {
                let pick = |_, row: &[u8]| Ok(wanted(rows::read(row)?));
                tables::scan(tx, KeptSession::TABLE, tables::after(after.map(number)), limit, pick)
            }
        })
        .await
    }
}

pub(crate) fn make_indexes(tx: &WriteTransaction) -> Result<(), StoreError> {
    tx.table(DIGESTS)?;
    tx.table(SUBJECTS)?;
    tx.table(DUE).map(drop)
}

pub(crate) fn begin(tx: &WriteTransaction, kept: &KeptSession) -> Result<(), CommitError> {
    demand(!tables::has(tx, KeptSession::TABLE, kept.key())?, Conflict::SessionExists)?;
    demand(tables::put(tx, DIGESTS, kept.digest.as_bytes(), kept.key())?, Conflict::SessionExists)?;
    put(tx, kept)?;
    Ok(())
}

pub(crate) fn save(tx: &WriteTransaction, mut session: Session, expected_epoch: u32) -> Result<(), CommitError> {
    let saved = change(tx, session.id, |stored| {
        let fits = stored.epoch == expected_epoch;
        if fits {
            session.last_seen = session.last_seen.max(stored.last_seen);
            *stored = session;
        }
        fits
    })?;
    demand(saved, Conflict::Stale)
}

/// Ends a session, and says whether there was one that had not ended.
pub(crate) fn end(tx: &WriteTransaction, id: SessionId, ending: Ending) -> Result<bool, StoreError> {
    change(tx, id, |session| {
        session.ended = Some(ending);
        true
    })
}

pub(crate) fn end_all_of(tx: &WriteTransaction, subject: Subject, ending: Ending) -> Result<(), StoreError> {
    let pick = |(_, _, id), ()| Ok(Some(session_id(id)));
    for id in tables::scan(tx, SUBJECTS, all_of(subject, None), u32::MAX, pick)? {
        end(tx, id, ending)?;
    }
    Ok(())
}

pub(crate) fn touch(tx: &WriteTransaction, seen: Vec<(SessionId, Timestamp)>) -> Result<(), StoreError> {
    for (id, at) in seen {
        change(tx, id, |session| {
            let moves = session.last_seen < at;
            session.last_seen = session.last_seen.max(at);
            moves
        })?;
    }
    Ok(())
}

/// At most `limit` sessions that have expired at `now` and have not ended.
pub(crate) fn expired(tx: &impl Reads, now: Timestamp, limit: u32) -> Result<Vec<Session>, StoreError> {
    let past = (false, i64::MIN, 0)..=(false, now.as_millis(), u128::MAX);
    tables::scan(tx, DUE, past, limit, |(_, _, id), ()| Ok(Some(rows::indexed::<KeptSession>(tx, id)?.bearer)))
}

/// Forgets at most `limit` sessions that may be forgotten before `before`, and says how many.
pub(crate) fn forget(tx: &WriteTransaction, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
    let past = (true, i64::MIN, 0)..(true, before.as_millis(), 0);
    let ids = tables::scan(tx, DUE, past, limit, |(_, _, id), ()| Ok(Some(id)))?;
    ids.iter().try_for_each(|id| remove(tx, &rows::indexed(tx, *id)?))?;
    Ok(ids.len())
}

pub(crate) fn remove(tx: &WriteTransaction, kept: &KeptSession) -> Result<(), StoreError> {
    leave_indexes(tx, &kept.bearer)?;
    tables::remove(tx, DIGESTS, kept.digest.as_bytes())?;
    tables::remove(tx, KeptSession::TABLE, kept.key()).map(drop)
}

/// Changes a session that has not ended if `change` says so, and says whether it did.
fn change(tx: &WriteTransaction, id: SessionId, change: impl FnOnce(&mut Session) -> bool) -> Result<bool, StoreError> {
    let stored = rows::get::<KeptSession>(tx, number(id))?;
    let Some(mut kept) = stored.filter(|kept| kept.bearer.ended.is_none()) else { return Ok(false) };
    let before = kept.bearer.clone();
    let changes = change(&mut kept.bearer);
    if changes {
        leave_indexes(tx, &before)?;
        put(tx, &kept)?;
    }
    Ok(changes)
}

fn put(tx: &WriteTransaction, kept: &KeptSession) -> Result<(), StoreError> {
    tables::put(tx, SUBJECTS, of(&kept.bearer), ())?;
    tables::put(tx, DUE, due(&kept.bearer), ())?;
    rows::put(tx, kept)
}

fn leave_indexes(tx: &WriteTransaction, session: &Session) -> Result<(), StoreError> {
    tables::remove(tx, SUBJECTS, of(session))?;
    tables::remove(tx, DUE, due(session))?;
    Ok(())
}

/// Its key in [`SUBJECTS`].
fn of(session: &Session) -> OfSubject {
    let (kind, which) = part_of(session.subject);
    (kind, which, number(session.id))
}

/// Its key in [`DUE`].
fn due(session: &Session) -> (bool, i64, u128) {
    let has_ended = session.ended.is_some();
    let from = if has_ended { session.forgettable_from() } else { session.over_from() };
    (has_ended, from.as_millis(), number(session.id))
}

/// A subject's range of [`SUBJECTS`], from after a session on.
fn all_of(subject: Subject, after: Option<SessionId>) -> impl RangeBounds<OfSubject> {
    let (kind, which) = part_of(subject);
    let from = after.map_or(Bound::Included((kind, which, 0)), |id| Bound::Excluded((kind, which, number(id))));
    (from, Bound::Included((kind, which, u128::MAX)))
}

/// A subject's part of a key. A user and a node may have the same UUID.
fn part_of(subject: Subject) -> (u8, u128) {
    match subject {
        Subject::Anonymous => (0, 0),
        Subject::Setup => (1, 0),
        Subject::User(id) => (2, id.as_uuid().as_u128()),
        Subject::Node(id) => (3, id.as_uuid().as_u128()),
    }
}

/// UUIDs and the numbers they stand for have the same order.
fn number(id: SessionId) -> u128 {
    id.as_uuid().as_u128()
}

fn session_id(number: u128) -> SessionId {
    SessionId::from_uuid(uuid::Uuid::from_u128(number))
}
