//! What Redis holds for each session, and how it is found, entered and removed.
//!
//! A session is one hash, beside its subject's index. Two pointers lead to it, from its id and from its token's digest;
//! two indexes of all sessions, in parts, serve lists and expiry. Only the hash is ever believed: pointers and indexes
//! may lead to nothing.

use std::time::Duration;

use futures_util::future::try_join_all;
use redis::Script;
use uuid::Uuid;
use vestibule_application::ports::StoreError;
use vestibule_domain::{
    secret::Digest,
    session::{Session, SessionId, Subject},
    time::Timestamp,
};

use crate::{
    connection::{Connection, unavailable},
    keys::{Keys, Place, hex, part_of},
    record::{Entry, entry, row},
    scripts::{CLAIM, CONFIRM, DISCLAIM, ENTER, KEEP, RELEASE, REMOVE, RESERVE, STRIKE, TAKE, TOUCH},
};

/// Sessions in Redis, whatever is beside it.
#[derive(Clone)]
pub(crate) struct Entries {
    pub(crate) connection: Connection,
    pub(crate) keys: Keys,
}

/// What became of a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Touched {
    /// It is noted here, and this is where it counts.
    Here,
    /// It counts beside Redis.
    Beside,
}

impl Entries {
    /// How long a session that is begun may wait for its unit. Longer than any unit takes; then it was never begun.
    const UNBORN: Duration = Duration::from_secs(15);
    /// How long Redis keeps a session after its expiry, should nobody come to sweep.
    const KEPT: i64 = 24 * 60 * 60 * 1000;
    /// Sessions that live for longer than this (ten years) have no expiry in Redis.
    const LONG: i64 = 10 * 365 * Self::KEPT;

    /// The place of the session of this id.
    pub(crate) async fn place_of(&self, id: SessionId) -> Result<Option<Place>, StoreError> {
        Ok(self.point(self.keys.by_id(id)).await?.filter(|place| place.id == id))
    }

    /// The place of the session whose token has this digest.
    pub(crate) async fn place_by(&self, digest: &Digest) -> Result<Option<Place>, StoreError> {
        self.point(self.keys.by_digest(digest)).await
    }

    async fn point(&self, key: String) -> Result<Option<Place>, StoreError> {
        let text: Option<String> = self.connection.call(redis::cmd("GET").arg(key)).await?;
        text.map(|text| Place::parse(&text).ok_or(StoreError::Malformed("session pointer"))).transpose()
    }

    /// Marks the session as one that is decided on beside Redis, unless it is unborn, and reads it.
    pub(crate) async fn take(&self, place: Place) -> Result<Option<Entry>, StoreError> {
        let fields = self.connection.run(&TAKE.key(self.keys.session(place))).await?;
        entry(place, fields)
    }

    /// Reserves the places of sessions for a unit, all or none, and says whether they were free.
    pub(crate) async fn reserve(&self, begun: &[(Session, Digest)], unit: Uuid) -> Result<bool, StoreError> {
        let free = try_join_all(begun.iter().map(|(session, digest)| self.reserve_one(session, digest, unit))).await;
        let all = matches!(&free, Ok(free) if free.iter().all(|free| *free));
        if !all {
            // What cannot be released now goes by itself.
            let _ = self.release(begun, unit).await;
        }
        free.map(|_| all)
    }

    /// The pointers come first, so that nobody else has the session's places when it is there.
    async fn reserve_one(&self, session: &Session, digest: &Digest, unit: Uuid) -> Result<bool, StoreError> {
        let place = place(session);
        let unit = unit.to_string();
        let life = millis(Self::UNBORN);
        for pointer in [self.keys.by_id(session.id), self.keys.by_digest(digest)] {
            let mut claim = CLAIM.key(pointer);
            claim.arg(place.written()).arg(&unit).arg(life);
            if !self.connection.run::<bool>(&claim).await? {
                return Ok(false);
            }
        }
        let mut reserve = RESERVE.key(self.keys.session(place));
        reserve.key(self.keys.of_subject(session.subject)).arg(session.id.as_uuid().to_string()).arg(&unit);
        reserve.arg(row(session)?).arg(hex(digest)).arg(session.last_seen.as_millis()).arg(life);
        self.connection.run(&reserve).await
    }

    /// Gives up what a unit reserved.
    pub(crate) async fn release(&self, begun: &[(Session, Digest)], unit: Uuid) -> Result<(), StoreError> {
        let release = |(session, digest): &(Session, Digest)| {
            let (place, digest, subject) = (place(session), *digest, session.subject);
            async move {
                let unit = unit.to_string();
                let mut release = RELEASE.key(self.keys.session(place));
                release.key(self.keys.of_subject(subject)).arg(place.id.as_uuid().to_string()).arg(&unit);
                self.connection.run::<()>(&release).await?;
                for pointer in [self.keys.by_id(place.id), self.keys.by_digest(&digest)] {
                    self.connection.run::<()>(DISCLAIM.key(pointer).arg(place.written()).arg(&unit)).await?;
                }
                Ok(())
            }
        };
        try_join_all(begun.iter().map(release)).await.map(drop)
    }

    /// Brings reserved sessions into the world. Fails if one is not there any more.
    pub(crate) async fn confirm(&self, begun: &[(Session, Digest)]) -> Result<(), StoreError> {
        try_join_all(begun.iter().map(|(session, digest)| self.confirm_one(session, digest))).await.map(drop)
    }

    /// The session itself comes last: whoever sees it finds everything in its place.
    async fn confirm_one(&self, session: &Session, digest: &Digest) -> Result<(), StoreError> {
        let place = place(session);
        let life = life(session);
        self.enter(session).await?;
        let mut there = true;
        for pointer in [self.keys.by_id(session.id), self.keys.by_digest(digest)] {
            there &= self.connection.run::<bool>(KEEP.key(pointer).arg(life)).await?;
        }
        let mut confirm = CONFIRM.key(self.keys.session(place));
        there &= self.connection.run::<bool>(confirm.key(self.keys.of_subject(session.subject)).arg(life)).await?;
        if there { Ok(()) } else { Err(StoreError::Unavailable("Redis lost a session before it had begun".into())) }
    }

    /// Enters a session in the indexes of all, or notes anew when it is due.
    pub(crate) async fn enter(&self, session: &Session) -> Result<(), StoreError> {
        let part = part_of(session.id);
        let mut enter = ENTER.key(self.keys.all(part));
        enter.key(self.keys.due(part)).arg(session.id.as_uuid().to_string()).arg(due(session));
        self.connection.run(&enter).await
    }

    /// Notes when a session was last seen.
    pub(crate) async fn touch(&self, id: SessionId, at: Timestamp) -> Result<Touched, StoreError> {
        let Some(place) = self.place_of(id).await? else { return Ok(Touched::Beside) };
        let touched: u8 = self.connection.run(TOUCH.key(self.keys.session(place)).arg(at.as_millis())).await?;
        Ok(if touched == 1 { Touched::Here } else { Touched::Beside })
    }

    /// Removes a session with everything that leads to it.
    pub(crate) async fn remove(&self, place: Place, digest: &Digest) -> Result<(), StoreError> {
        let id = place.id.as_uuid().to_string();
        self.connection
            .run::<()>(REMOVE.key(self.keys.session(place)).key(self.keys.of_subject(place.subject)).arg(&id))
            .await?;
        for pointer in [self.keys.by_digest(digest), self.keys.by_id(place.id)] {
            self.connection.call::<()>(redis::cmd("DEL").arg(pointer)).await?;
        }
        self.strike(place.id).await
    }

    /// Removes from the indexes of all what is not there.
    pub(crate) async fn strike(&self, id: SessionId) -> Result<(), StoreError> {
        let part = part_of(id);
        let mut strike = STRIKE.key(self.keys.all(part));
        self.connection.run(strike.key(self.keys.due(part)).arg(id.as_uuid().to_string())).await
    }

    /// Removes from a subject's index what is not there.
    pub(crate) async fn strike_of(&self, place: Place) -> Result<(), StoreError> {
        let index = self.keys.of_subject(place.subject);
        self.connection.call(redis::cmd("ZREM").arg(index).arg(place.id.as_uuid().to_string())).await
    }

    /// Removes the sessions of these ids, those that are there.
    pub(crate) async fn forget_all(&self, ids: impl Iterator<Item = SessionId>) -> Result<(), StoreError> {
        let forget = |id| async move {
            let Some(place) = self.place_of(id).await? else { return Ok(()) };
            match self.take(place).await? {
                Some(found) if !found.unborn => self.remove(place, &found.digest).await,
                _ => Ok(()),
            }
        };
        try_join_all(ids.map(forget)).await.map(drop)
    }

    /// At most `limit` ids of a subject's sessions, in their order, from after `after` on. Some may be gone.
    pub(crate) async fn of_subject(
        &self,
        subject: Subject,
        after: Option<SessionId>,
        limit: usize,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.ids(self.keys.of_subject(subject), after, limit).await
    }

    /// The same of one part of all sessions.
    pub(crate) async fn of_part(
        &self,
        part: u8,
        after: Option<SessionId>,
        limit: usize,
    ) -> Result<Vec<SessionId>, StoreError> {
        self.ids(self.keys.all(part), after, limit).await
    }

    async fn ids(&self, index: String, after: Option<SessionId>, limit: usize) -> Result<Vec<SessionId>, StoreError> {
        let from = after.map_or_else(|| "-".to_owned(), |after| format!("({}", after.as_uuid()));
        let mut range = redis::cmd("ZRANGEBYLEX");
        range.arg(index).arg(from).arg("+").arg("LIMIT").arg(0).arg(limit);
        parse_ids(&self.connection.call::<Vec<String>>(&range).await?)
    }

    /// At most `limit` ids of one part whose sessions may be over at `now`.
    pub(crate) async fn due(&self, part: u8, now: Timestamp, limit: u32) -> Result<Vec<SessionId>, StoreError> {
        let mut range = redis::cmd("ZRANGEBYSCORE");
        range.arg(self.keys.due(part)).arg("-inf").arg(now.as_millis()).arg("LIMIT").arg(0).arg(limit);
        parse_ids(&self.connection.call::<Vec<String>>(&range).await?)
    }
}

impl Connection {
    /// Loads a script into every server.
    pub(crate) async fn load(&self, script: &Script) -> Result<(), StoreError> {
        script.load_async(&mut self.clone()).await.map(drop).map_err(unavailable)
    }
}

pub(crate) fn place(session: &Session) -> Place {
    Place { subject: session.subject, id: session.id }
}

fn parse_ids(texts: &[String]) -> Result<Vec<SessionId>, StoreError> {
    let malformed = StoreError::Malformed("session index");
    texts.iter().map(|text| crate::keys::parse_id(text)).collect::<Option<_>>().ok_or(malformed)
}

/// For how many milliseconds from its beginning Redis keeps a session that nobody removes; 0 for ever. Not shorter than
/// its seal, which would make the session an anonymous one again.
fn life(session: &Session) -> i64 {
    let over = session.sealed_until.map_or(session.expires, |sealed| sealed.max(session.expires));
    let life = over.as_millis().saturating_sub(session.last_seen.as_millis()).saturating_add(Entries::KEPT);
    if life > Entries::LONG { 0 } else { life.max(Entries::KEPT) }
}

/// When a session is due, exactly: what a score cannot hold exactly is never due.
fn due(session: &Session) -> String {
    const EXACT: i64 = 1 << 53;
    let over = session.over_from().as_millis();
    if over > EXACT { "+inf".to_owned() } else { over.max(-EXACT).to_string() }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}
