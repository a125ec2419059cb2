//! Who does what of a unit.

use std::collections::{HashMap, HashSet};

use vestibule_application::{
    change::Change,
    ports::{CommitError, Conflict},
};
use vestibule_domain::{
    secret::Digest,
    session::{Ending, Session, SessionId, Subject},
    time::Timestamp,
};

use super::{Unborn, ended};
use crate::{RedisStore, record::Entry};

/// A unit in two parts.
#[derive(Default)]
pub(super) struct Plan {
    /// What Redis begins.
    pub(super) begun: Vec<(Session, Digest)>,
    /// What leaves Redis.
    pub(super) taken: Vec<Entry>,
    /// What is done beside Redis, in order.
    pub(super) beside: Vec<Change>,
    /// What Redis is told was seen, if it is still there.
    pub(super) seen: Vec<(SessionId, Timestamp)>,
    /// Whose sessions end.
    pub(super) ends_of: Vec<(Subject, Ending)>,
}

impl RedisStore {
    /// Plans a unit, and takes the sessions that it decides on.
    pub(super) async fn plan(&self, changes: Vec<Change>) -> Result<Plan, CommitError> {
        let busy = Busy::of(&changes);
        let mut plan = Plan::default();
        for change in changes {
            match change {
                Change::BeginSession { session, digest } if busy.leaves_alone(&session, &digest) => {
                    plan.begun.push((session, digest));
                }
                Change::BeginSession { session, digest } => {
                    self.is_new(&session, &digest).await?;
                    plan.beside.push(Change::BeginSession { session, digest });
                }
                Change::SaveSession { session, expected_epoch } => match plan.take(self, session.id).await? {
                    Some(entry) if entry.session.epoch != expected_epoch => return Err(Conflict::Stale.into()),
                    Some(entry) => {
                        let last_seen = session.last_seen.max(entry.session.last_seen);
                        let session = Session { last_seen, ..session };
                        plan.leaves(&entry, Change::BeginSession { session, digest: entry.digest });
                    }
                    None => plan.beside.push(Change::SaveSession { session, expected_epoch }),
                },
                Change::EndSession { id, ending } => match plan.take(self, id).await? {
                    Some(entry) => plan.leaves(&entry, ended(&entry, ending)),
                    None => plan.beside.push(Change::EndSession { id, ending }),
                },
                Change::EndSessionsOf { subject, ending } => {
                    plan.beside.push(change);
                    for entry in self.take_all_of(subject, Unborn::Skipped).await? {
                        if let Some(entry) = plan.freshened(entry) {
                            plan.leaves(&entry, ended(&entry, ending));
                        }
                    }
                    plan.ends_of.push((subject, ending));
                }
                Change::TouchSessions(seen) => {
                    plan.seen.extend(seen.iter().copied());
                    plan.beside.push(Change::TouchSessions(seen));
                }
                // Listed, so that a new change is placed by whoever adds it.
                other @ (Change::AddUser { .. }
                | Change::ExpectUser { .. }
                | Change::SetPassword { .. }
                | Change::ReplaceHash { .. }
                | Change::SetDisabled { .. }
                | Change::SetProfile { .. }
                | Change::GrantRole { .. }
                | Change::WithdrawRole { .. }
                | Change::RemoveUser { .. }
                | Change::RecordLogin { .. }
                | Change::KnowNetwork { .. }
                | Change::AddRole(_)
                | Change::PutRole(_)
                | Change::ReplaceRole { .. }
                | Change::AddNode { .. }
                | Change::ExpectNode { .. }
                | Change::SetNodeSecrets { .. }
                | Change::RemoveNode { .. }
                | Change::AddClient { .. }
                | Change::RevokeClient { .. }
                | Change::PutForm(_)
                | Change::ReplaceForm { .. }
                | Change::RemoveForm(_)
                | Change::AddLoginToken(_)
                | Change::SpendLoginToken(_)
                | Change::Record(_)) => plan.beside.push(other),
            }
        }
        Ok(plan)
    }

    /// Demands that Redis has no session of this id or digest.
    async fn is_new(&self, session: &Session, digest: &Digest) -> Result<(), CommitError> {
        let places = [self.entries.place_of(session.id).await?, self.entries.place_by(digest).await?];
        for place in places.into_iter().flatten() {
            if self.own(place).await?.is_some() {
                return Err(Conflict::SessionExists.into());
            }
        }
        Ok(())
    }
}

impl Plan {
    /// Takes a session from Redis, unless it is not there or this unit has it already.
    async fn take(&self, store: &RedisStore, id: SessionId) -> Result<Option<Entry>, CommitError> {
        Ok(store.take(id).await?.and_then(|entry| self.freshened(entry)))
    }

    /// The session as earlier changes of this unit leave it; nothing if one of them took it.
    fn freshened(&self, mut entry: Entry) -> Option<Entry> {
        let id = entry.session.id;
        if self.taken.iter().any(|taken| taken.session.id == id) {
            return None;
        }
        let seen = self.seen.iter().filter(|(seen, _)| *seen == id).map(|(_, at)| *at).max();
        entry.session.last_seen = seen.map_or(entry.session.last_seen, |at| at.max(entry.session.last_seen));
        Some(entry)
    }

    fn leaves(&mut self, entry: &Entry, row: Change) {
        self.taken.push(entry.clone());
        self.beside.push(row);
    }
}

/// What a unit does with sessions, apart from beginning each once: what it begins and has more to do with is not for
/// Redis.
#[derive(Default)]
struct Busy {
    begun: HashMap<SessionId, usize>,
    digests: HashMap<Digest, usize>,
    changed: HashSet<SessionId>,
    subjects: HashSet<Subject>,
}

impl Busy {
    fn of(changes: &[Change]) -> Self {
        let mut busy = Self::default();
        for change in changes {
            // Every other change is about something else.
            if let Change::BeginSession { session, digest } = change {
                *busy.begun.entry(session.id).or_default() += 1;
                *busy.digests.entry(*digest).or_default() += 1;
            } else if let Change::SaveSession { session: Session { id, .. }, .. } | Change::EndSession { id, .. } =
                change
            {
                busy.changed.insert(*id);
            } else if let Change::TouchSessions(seen) = change {
                busy.changed.extend(seen.iter().map(|(id, _)| *id));
            } else if let Change::EndSessionsOf { subject, .. } = change {
                busy.subjects.insert(*subject);
            }
        }
        busy
    }

    /// Whether a live session is begun, once, and nothing else is done with it.
    fn leaves_alone(&self, session: &Session, digest: &Digest) -> bool {
        session.ended.is_none()
            && self.begun.get(&session.id) == Some(&1)
            && self.digests.get(digest) == Some(&1)
            && !self.changed.contains(&session.id)
            && !self.subjects.contains(&session.subject)
    }
}
