//! A session as Redis holds it: what never changes as one JSON text, the rest as fields of its own.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use vestibule_application::ports::StoreError;
use vestibule_domain::{
    secret::Digest,
    session::{DeviceName, GuardTag, Origin, Session},
    time::Timestamp,
};

use crate::keys::{Place, parse_hex};

/// What Redis gives back for a session: see `scripts::READ`.
pub(crate) type Fields = Option<(Option<String>, Option<String>, Option<i64>, Option<String>, Option<String>)>;

/// A session in Redis.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) session: Session,
    pub(crate) digest: Digest,
    /// Whether a unit is about to decide on it beside Redis, or has.
    pub(crate) leaving: bool,
    /// Whether the unit that begins it has not been committed yet.
    pub(crate) unborn: bool,
}

/// The part that never changes. The place says the rest: the id and the subject.
#[derive(Serialize, Deserialize)]
struct Row {
    origin: String,
    device: String,
    begun: i64,
    authenticated: Option<i64>,
    idle_ttl: Option<u64>,
    expires: i64,
    epoch: u32,
    guard: Option<u32>,
    sealed_until: Option<i64>,
}

/// The session as JSON.
pub(crate) fn row(session: &Session) -> Result<String, StoreError> {
    let row = Row {
        origin: session.origin.as_str().to_owned(),
        device: session.device.as_str().to_owned(),
        begun: session.begun.as_millis(),
        authenticated: session.authenticated.map(Timestamp::as_millis),
        idle_ttl: session.idle_ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
        expires: session.expires.as_millis(),
        epoch: session.epoch,
        guard: session.guard.map(GuardTag::bits),
        sealed_until: session.sealed_until.map(Timestamp::as_millis),
    };
    serde_json::to_string(&row).map_err(|error| StoreError::Unavailable(error.into()))
}

/// Reads a session; nothing if there is none at this place.
pub(crate) fn entry(place: Place, fields: Fields) -> Result<Option<Entry>, StoreError> {
    let Some((row, digest, seen, leaving, unborn)) = fields else { return Ok(None) };
    // Without these it is what a late write left of a session that is gone.
    let (Some(row), Some(digest), Some(seen)) = (row, digest, seen) else { return Ok(None) };
    let malformed = || StoreError::Malformed("session");
    let row: Row = serde_json::from_str(&row).map_err(|_| malformed())?;
    let session = Session {
        id: place.id,
        origin: Origin::new(row.origin),
        device: DeviceName::parse(&row.device).map_err(|_| malformed())?,
        subject: place.subject,
        begun: Timestamp::from_millis(row.begun),
        authenticated: row.authenticated.map(Timestamp::from_millis),
        last_seen: Timestamp::from_millis(seen),
        idle_ttl: row.idle_ttl.map(Duration::from_millis),
        expires: Timestamp::from_millis(row.expires),
        ended: None,
        epoch: row.epoch,
        guard: row.guard.map(GuardTag::new),
        sealed_until: row.sealed_until.map(Timestamp::from_millis),
    };
    let digest = parse_hex(&digest).ok_or_else(malformed)?;
    Ok(Some(Entry { session, digest, leaving: leaving.is_some(), unborn: unborn.is_some() }))
}
