//! Stores in which what is over is not: sessions that come back, and what was known before that hides what is so now.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{self, CommitError, Conflict, SessionFilter, Stores},
};
use vestibule_domain::{
    secret::Digest,
    session::{EndReason, Session, SessionId},
    time::Timestamp,
};

use crate::{
    common::{Edit, Reshaped, a_moment, stored},
    fault::{Committed, Fault, Read, sound},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = overwritten();
    mutants.extend(remembered());
    mutants.extend(lost());
    mutants
}

/// Writes that do more than they may.
fn overwritten() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "beginning overwrites",
            "tower-sessions 0.12.0: create behaves as save, and an id that is there already is another's session",
            &[
                "no_two_sessions_have_one_id",
                "an_ended_session_cannot_be_begun_again",
                "one_of_many_begins_the_session",
            ],
            || Overwriting::when(When::Begun),
        ),
        Mutant::new(
            "saving begins what is not there",
            "upsert: a session that was forgotten comes back with the next request that was under way",
            &["saving_what_is_not_there_is_stale"],
            || SaveBegins,
        ),
        Mutant::new(
            "saving revives what has ended",
            "load, modify, save, without looking at the end",
            &["an_ended_session_cannot_be_saved", "saving_may_end_a_session", "a_session_may_begin_ended"],
            || Overwriting::when(When::Saved),
        ),
        Mutant::new(
            "touching revives what has ended",
            "SET with a new TTL where the end had deleted the key",
            &["an_ended_session_cannot_be_touched"],
            || Overwriting::when(When::Touched),
        ),
        Mutant::new(
            "a touch under way revives what ends meanwhile",
            "GET, change, SET: the end comes in between and is overwritten",
            &["an_end_is_final_whoever_touches_or_saves_meanwhile"],
            || Overwriting::when(When::TouchedSlowly),
        ),
        Mutant::new(
            "ending all of a subject's sessions ends the ended again",
            "UPDATE .. WHERE subject = ?, without AND ended IS NULL",
            &["ending_all_of_a_user_keeps_the_ends_there_are"],
            || Overwriting::when(When::AllEnded),
        ),
        Mutant::new(
            "touching moves back",
            "the last request to finish wins, not the last to come",
            &["touching_moves_last_seen_forward_only", "touching_takes_the_latest_of_several_sightings"],
            LastSeen::default,
        ),
        Mutant::new(
            "of several sightings the first counts",
            "UPDATE .. FROM (VALUES ..) joins a row with one of those that match, whichever",
            &["touching_takes_the_latest_of_several_sightings"],
            || {
                Edit(|change| match change {
                    Change::TouchSessions(mut seen) => {
                        let mut known = BTreeSet::new();
                        seen.retain(|(id, _)| known.insert(*id));
                        vec![Change::TouchSessions(seen)]
                    }
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "a sighting of what is gone fails the others",
            "a batch in which one row that does not match is an error",
            &["touching_what_is_not_there_is_no_conflict"],
            || StrictTouch,
        ),
        Mutant::new(
            "ending all of nobody's sessions is a conflict",
            "no row was changed, so something must be wrong: a user without sessions cannot be disabled",
            &["ending_all_of_nobody_is_no_conflict"],
            || StrictEnd,
        ),
        Mutant::new(
            "a signed-out session keeps the limits it had",
            "only the columns somebody thought of are saved",
            &["saving_overwrites_everything_but_the_token", "a_session_signed_out_expires_by_its_new_lifetime"],
            || SavesWithoutLifetimes,
        ),
    ]
}

/// Reads that answer with what was so before.
fn remembered() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "sessions are cached by their digest and never looked up again",
            "authentik CVE-2025-29928: what was revoked in one place was accepted from another",
            &["every_way_to_look_sees_every_change"],
            || Cache { invalidated: |_| false, known: Mutex::default() },
        ),
        Mutant::new(
            "the cache hears of ends, but not of ends of all",
            "each way to revoke needs the same call, and one lacks it",
            &["every_way_to_look_sees_every_change"],
            || Cache { invalidated: |change| !matches!(change, Change::EndSessionsOf { .. }), known: Mutex::default() },
        ),
        Mutant::new(
            "what the first store has forgotten, the second restores",
            "better-auth #8708: a miss in Redis fell back to the database, which had the revoked session",
            &["an_ended_session_is_forgotten_after_its_end_and_not_at_it", "every_way_to_look_sees_every_change"],
            || FallsBack(sound()),
        ),
        Mutant::new(
            "reads lag one unit behind",
            "a replica that answers before the write has arrived",
            &[
                "an_ended_session_is_found_with_its_end",
                "the_first_user_closes_the_latch",
                "a_login_token_is_spent_once",
            ],
            || Replica { store: sound(), behind: Mutex::default() },
        ),
        Mutant::new(
            "lists are read from a snapshot",
            "a long-lived read transaction, begun at the first list and never ended",
            &["every_way_to_look_sees_every_change"],
            Snapshot::default,
        ),
        Mutant::new(
            "half of the answers about the log are old",
            "reads go round between two replicas",
            &["messages_are_numbered_in_the_order_they_were_recorded"],
            OldLatest::default,
        ),
    ]
}

/// Sessions that are gone too early, so that their tokens are unknown rather than ended.
fn lost() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "an end is kept for as long as the session had to live",
            "a key with a TTL: the seal of its token lasts longer, and the ended session returns as an anonymous one",
            &["a_seal_may_outlast_the_session"],
            || Seals::forgets(|session| session.sealed_until.map(|sealed| sealed.min(session.expires))),
        ),
        Mutant::new(
            "a seal keeps nothing",
            "nobody told the sweeper that tokens can outlive rows",
            &[
                "a_sealed_session_is_remembered_until_its_seal_is_over",
                "a_session_ended_with_all_of_its_subject_is_remembered_until_its_seal_is_over",
            ],
            || Seals::forgets(|_| None),
        ),
        Mutant::new(
            "a seal that is over keeps its session",
            "sealed_until IS NULL, where it should be compared",
            &["a_seal_that_is_over_keeps_nothing"],
            || Seals::forgets(|session| session.sealed_until.map(|_| Timestamp::from_millis(i64::MAX))),
        ),
        Mutant::new(
            "the thousand and first session drives out the first",
            "maxmemory with an eviction policy",
            &["a_thousand_sessions_are_touched_at_once", "a_page_is_as_long_as_asked"],
            Evicting::default,
        ),
        Mutant::new(
            "ending a session deletes it",
            "DEL is the shortest way to log out",
            &["an_ended_session_is_found_with_its_end", "an_ended_session_cannot_be_begun_again"],
            || EndDeletes,
        ),
        Mutant::new(
            "why a session ended is forgotten",
            "a column of type BOOLEAN",
            &["every_reason_to_end_survives"],
            || Reshaped {
                write: |session| {
                    if let Some(ending) = &mut session.ended {
                        ending.reason = EndReason::SignedOut;
                    }
                },
                read: |_| (),
            },
        ),
    ]
}

/// What overwrites.
#[derive(PartialEq, Eq)]
enum When {
    Begun,
    Saved,
    Touched,
    TouchedSlowly,
    AllEnded,
}

/// Sessions as somebody who overwrote them would have left them, over what the store holds.
struct Overwriting {
    when: When,
    written: Mutex<BTreeMap<SessionId, Session>>,
}

impl Overwriting {
    fn when(when: When) -> Self {
        Self { when, written: Mutex::default() }
    }

    fn write(&self, session: Session) {
        self.written.lock().unwrap().insert(session.id, session);
    }

    /// The session that a change overwrites, though it may not.
    async fn overwrites(&self, store: &Stores, change: &Change) -> Option<Session> {
        let (session, overwrites) = match change {
            Change::BeginSession { session, .. } if self.when == When::Begun => {
                (session, stored(store, session.id).await.is_some())
            }
            Change::SaveSession { session, .. } if self.when == When::Saved => {
                (session, stored(store, session.id).await.is_some_and(|stored| stored.ended.is_some()))
            }
            _ => return None,
        };
        overwrites.then(|| session.clone())
    }

    async fn touch(&self, store: &Stores, id: SessionId, last_seen: Timestamp) {
        let Some(found) = stored(store, id).await else { return };
        if self.when == When::TouchedSlowly {
            a_moment().await;
            if stored(store, id).await.is_some_and(|now| now.ended != found.ended) {
                self.write(Session { last_seen, ..found });
            }
        } else if found.ended.is_some() {
            self.write(Session { ended: None, last_seen, ..found });
        }
    }
}

#[async_trait]
impl Fault for Overwriting {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let mut kept = Vec::new();
        for change in changes {
            if let Some(session) = self.overwrites(store, &change).await {
                self.write(session);
                continue;
            }
            match &change {
                Change::TouchSessions(seen) if matches!(self.when, When::Touched | When::TouchedSlowly) => {
                    for (id, at) in seen {
                        self.touch(store, *id, *at).await;
                    }
                }
                Change::EndSessionsOf { subject, ending } if self.when == When::AllEnded => {
                    let theirs = SessionFilter { subject: Some(*subject), live_at: None, after: None, limit: u32::MAX };
                    for session in store.sessions.page(&theirs).await? {
                        self.write(Session { ended: Some(*ending), ..session });
                    }
                }
                _ => {}
            }
            kept.push(change);
        }
        store.unit.commit(kept).await
    }

    fn session(&self, session: Session) -> Session {
        self.written.lock().unwrap().get(&session.id).cloned().unwrap_or(session)
    }
}

struct SaveBegins;

#[async_trait]
impl Fault for SaveBegins {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::SaveSession { session, .. } = change
                && stored(store, session.id).await.is_none()
            {
                *change = Change::BeginSession { session: session.clone(), digest: Digest::new([7; 32]) };
            }
        }
        store.unit.commit(changes).await
    }
}

/// What each session's last touch said.
#[derive(Default)]
struct LastSeen(Mutex<BTreeMap<SessionId, Timestamp>>);

#[async_trait]
impl Fault for LastSeen {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::TouchSessions(seen) = change {
                self.0.lock().unwrap().extend(seen.iter().copied());
            }
        }
        store.unit.commit(changes).await
    }

    fn session(&self, session: Session) -> Session {
        let last_seen = self.0.lock().unwrap().get(&session.id).copied().unwrap_or(session.last_seen);
        Session { last_seen, ..session }
    }
}

struct StrictTouch;

#[async_trait]
impl Fault for StrictTouch {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::TouchSessions(seen) = change {
                for (id, _) in seen {
                    stored(store, *id).await.ok_or(CommitError::Conflict(Conflict::Stale))?;
                }
            }
        }
        store.unit.commit(changes).await
    }
}

struct StrictEnd;

#[async_trait]
impl Fault for StrictEnd {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::EndSessionsOf { subject, .. } = change {
                let theirs = SessionFilter { subject: Some(*subject), live_at: None, after: None, limit: 1 };
                let one = store.sessions.page(&theirs).await?.pop();
                one.ok_or(CommitError::Conflict(Conflict::Stale))?;
            }
        }
        store.unit.commit(changes).await
    }
}

struct SavesWithoutLifetimes;

#[async_trait]
impl Fault for SavesWithoutLifetimes {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::SaveSession { session, .. } = change
                && let Some(stored) = stored(store, session.id).await
            {
                session.expires = stored.expires;
                session.idle_ttl = stored.idle_ttl;
            }
        }
        store.unit.commit(changes).await
    }
}

/// Remembers each session it was asked for by its digest.
struct Cache {
    /// Which changes make it forget what it remembers.
    invalidated: fn(&Change) -> bool,
    known: Mutex<BTreeMap<Digest, Session>>,
}

#[async_trait]
impl Fault for Cache {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let is_told = changes.iter().any(self.invalidated);
        let committed = store.unit.commit(changes).await;
        if is_told {
            self.known.lock().unwrap().clear();
        }
        committed
    }

    async fn session_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Session>> {
        if let Some(known) = self.known.lock().unwrap().get(digest) {
            return Ok(Some(known.clone()));
        }
        let found = store.sessions.by_digest(digest).await?;
        self.known.lock().unwrap().extend(found.clone().map(|session| (*digest, session)));
        Ok(found)
    }
}

/// A second store, which hears of beginnings only.
struct FallsBack(Stores);

#[async_trait]
impl Fault for FallsBack {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let begun = changes.iter().filter(|change| matches!(change, Change::BeginSession { .. })).cloned().collect();
        store.unit.commit(changes).await?;
        self.0.unit.commit(begun).await
    }

    async fn session_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Session>> {
        match store.sessions.by_digest(digest).await? {
            Some(found) => Ok(Some(found)),
            None => self.0.sessions.by_digest(digest).await,
        }
    }
}

/// A second store, which hears of each unit when the next is written.
struct Replica {
    store: Stores,
    behind: Mutex<Vec<Change>>,
}

#[async_trait]
impl Fault for Replica {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        store.unit.commit(changes.clone()).await?;
        let arrived = std::mem::replace(&mut *self.behind.lock().unwrap(), changes);
        self.store.unit.commit(arrived).await
    }

    fn reads(&self, _: &Stores) -> Stores {
        self.store.clone()
    }
}

/// The first list there was of each kind.
#[derive(Default)]
struct Snapshot(Mutex<Vec<(SessionFilter, Vec<Session>)>>);

#[async_trait]
impl Fault for Snapshot {
    async fn sessions(&self, store: &Stores, filter: &SessionFilter) -> Read<Vec<Session>> {
        let page = store.sessions.page(filter).await?;
        let mut known = self.0.lock().unwrap();
        if let Some((_, old)) = known.iter().find(|(known, _)| known == filter) {
            return Ok(old.clone());
        }
        known.push((*filter, page.clone()));
        Ok(page)
    }
}

#[derive(Default)]
struct OldLatest(AtomicBool);

#[async_trait]
impl Fault for OldLatest {
    async fn latest(&self, store: &Stores) -> Read<u64> {
        let latest = store.messages.latest().await?;
        let is_old = self.0.fetch_xor(true, Relaxed);
        Ok(if is_old { latest.saturating_sub(1) } else { latest })
    }
}

/// Stores another seal than a session has, and shows the one it has.
struct Seals {
    stored: fn(&Session) -> Option<Timestamp>,
    real: Mutex<BTreeMap<SessionId, Option<Timestamp>>>,
}

impl Seals {
    fn forgets(stored: fn(&Session) -> Option<Timestamp>) -> Self {
        Self { stored, real: Mutex::default() }
    }
}

#[async_trait]
impl Fault for Seals {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::BeginSession { session, .. } | Change::SaveSession { session, .. } = change {
                self.real.lock().unwrap().insert(session.id, session.sealed_until);
                session.sealed_until = (self.stored)(session);
            }
        }
        store.unit.commit(changes).await
    }

    fn session(&self, session: Session) -> Session {
        let sealed_until = self.real.lock().unwrap().get(&session.id).copied().flatten();
        Session { sealed_until, ..session }
    }
}

/// The sessions there is room for, in the order they were begun.
#[derive(Default)]
struct Evicting(Mutex<Vec<SessionId>>);

impl Evicting {
    fn has(&self, id: SessionId) -> bool {
        self.0.lock().unwrap().iter().rev().take(1000).any(|kept| *kept == id)
    }
}

#[async_trait]
impl Fault for Evicting {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::BeginSession { session, .. } = change {
                self.0.lock().unwrap().push(session.id);
            }
        }
        store.unit.commit(changes).await
    }

    async fn session_by_id(&self, store: &Stores, id: SessionId) -> Read<Option<Session>> {
        if self.has(id) { store.sessions.by_id(id).await } else { Ok(None) }
    }

    async fn sessions(&self, store: &Stores, filter: &SessionFilter) -> Read<Vec<Session>> {
        let mut page = store.sessions.page(filter).await?;
        page.retain(|session| self.has(session.id));
        Ok(page)
    }
}

struct EndDeletes;

#[async_trait]
impl Fault for EndDeletes {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let ends = changes.iter().any(|change| matches!(change, Change::EndSession { .. }));
        store.unit.commit(changes).await?;
        if ends {
            store.housekeeping.forget(Timestamp::from_millis(i64::MAX), u32::MAX).await?;
        }
        Ok(ports::Committed::default())
    }
}
