//! Sessions.

use std::time::Duration;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_domain::{
    secret::Digest,
    session::{DeviceName, EndReason, Ending, GuardTag, Origin, Session, SessionId},
    time::Timestamp,
};

use super::{
    Kept, WithDigest,
    parts::{SubjectPart, millis, optional, time},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    id: String,
    digest: [u8; 32],
    origin: String,
    device: String,
    subject: SubjectPart,
    begun: i64,
    authenticated: Option<i64>,
    last_seen: i64,
    idle_ttl: Option<u64>,
    expires: i64,
    ended: Option<EndingPart>,
    epoch: u32,
    guard: Option<u32>,
    sealed_until: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct EndingPart {
    at: i64,
    reason: String,
}

impl Kept for WithDigest<Session> {
    type Key = u128;
    type Row = Row;
    const TABLE: TableDefinition<'static, u128, &'static [u8]> = TableDefinition::new("sessions");
    const KIND: &'static str = "session";

    fn key(&self) -> u128 {
        self.bearer.id.as_uuid().as_u128()
    }

    fn row(&self) -> Row {
        let session = &self.bearer;
        let ending =
            |ending: Ending| EndingPart { at: ending.at.as_millis(), reason: ending.reason.as_str().to_owned() };
        Row {
            id: session.id.to_string(),
            digest: *self.digest.as_bytes(),
            origin: session.origin.as_str().to_owned(),
            device: session.device.as_str().to_owned(),
            subject: session.subject.into(),
            begun: session.begun.as_millis(),
            authenticated: millis(session.authenticated),
            last_seen: session.last_seen.as_millis(),
            idle_ttl: session.idle_ttl.map(|ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX)),
            expires: session.expires.as_millis(),
            ended: session.ended.map(ending),
            epoch: session.epoch,
            guard: session.guard.map(GuardTag::bits),
            sealed_until: millis(session.sealed_until),
        }
    }

    fn read(row: Row) -> Option<Self> {
        let ending = |part: EndingPart| {
            EndReason::parse(&part.reason).map(|reason| Ending { at: Timestamp::from_millis(part.at), reason })
        };
        let session = Session {
            id: SessionId::parse(&row.id)?,
            origin: Origin::new(row.origin),
            device: DeviceName::parse(&row.device).ok()?,
            subject: row.subject.read()?,
            begun: Timestamp::from_millis(row.begun),
            authenticated: time(row.authenticated),
            last_seen: Timestamp::from_millis(row.last_seen),
            idle_ttl: row.idle_ttl.map(Duration::from_millis),
            expires: Timestamp::from_millis(row.expires),
            ended: optional(row.ended, ending)?,
            epoch: row.epoch,
            guard: row.guard.map(GuardTag::new),
            sealed_until: time(row.sealed_until),
        };
        Some(Self { bearer: session, digest: Digest::new(row.digest) })
    }
}
