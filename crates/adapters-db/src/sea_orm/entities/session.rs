//! Sessions.

use std::time::Duration;

use sea_orm::entity::prelude::*;
use sea_orm::{NotSet, Set};
use vestibule_domain::{
    session::{DeviceName, EndReason, Ending, GuardTag, Origin, Session, SessionId},
    time::Timestamp,
};

use crate::sea_orm::mapping::{Table, millis, optional, subject, subject_columns, time};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub digest: Vec<u8>,
    pub origin: String,
    pub device: String,
    pub subject_kind: String,
    pub subject_id: Option<Uuid>,
    pub begun: i64,
    pub authenticated: Option<i64>,
    pub last_seen: i64,
    pub idle_ttl: Option<i64>,
    pub expires: i64,
    pub ended: Option<i64>,
    pub end_reason: Option<String>,
    pub epoch: i64,
    pub guard: Option<i64>,
    pub sealed_until: Option<i64>,
    /// When it is over if it is not used again: the earlier of its expiries. Nothing once it has ended.
    pub over_from: Option<i64>,
    /// From when on it may be forgotten. Nothing before it has ended.
    pub forgettable_from: Option<i64>,
}

/// The row of a session, without the digest of its token.
pub(crate) fn row(session: &Session) -> ActiveModel {
    let (subject_kind, subject_id) = subject_columns(session.subject);
    let idle_ttl = session.idle_ttl.map(|ttl| i64::try_from(ttl.as_millis()).unwrap_or(i64::MAX));
    ActiveModel {
        id: Set(session.id.as_uuid()),
        digest: NotSet,
        origin: Set(session.origin.as_str().to_owned()),
        device: Set(session.device.as_str().to_owned()),
        subject_kind: Set(subject_kind.to_owned()),
        subject_id: Set(subject_id),
        begun: Set(session.begun.as_millis()),
        authenticated: Set(millis(session.authenticated)),
        last_seen: Set(session.last_seen.as_millis()),
        idle_ttl: Set(idle_ttl),
        expires: Set(session.expires.as_millis()),
        ended: Set(session.ended.map(|ending| ending.at.as_millis())),
        end_reason: Set(session.ended.map(|ending| ending.reason.as_str().to_owned())),
        epoch: Set(session.epoch.into()),
        guard: Set(session.guard.map(|guard| guard.bits().into())),
        sealed_until: Set(millis(session.sealed_until)),
        over_from: Set(over_from(session)),
        forgettable_from: Set(session.ended.map(|_| session.forgettable_from().as_millis())),
    }
}

/// See [`Model::over_from`].
pub(crate) fn over_from(session: &Session) -> Option<i64> {
    session.ended.is_none().then(|| session.over_from().as_millis())
}

impl Table for Entity {
    type Value = Session;
    const KIND: &'static str = "session";

    fn value(row: Model) -> Option<Session> {
        let ended = match (row.ended, row.end_reason) {
            (None, None) => None,
            (Some(at), Some(reason)) => {
                Some(Ending { at: Timestamp::from_millis(at), reason: EndReason::parse(&reason)? })
            }
            _ => return None,
        };
        Some(Session {
            id: SessionId::from_uuid(row.id),
            origin: Origin::new(row.origin),
            device: DeviceName::parse(&row.device).ok()?,
            subject: subject(&row.subject_kind, row.subject_id)?,
            begun: Timestamp::from_millis(row.begun),
            authenticated: time(row.authenticated),
            last_seen: Timestamp::from_millis(row.last_seen),
            idle_ttl: optional(row.idle_ttl, |ttl| u64::try_from(ttl).ok().map(Duration::from_millis))?,
            expires: Timestamp::from_millis(row.expires),
            ended,
            epoch: row.epoch.try_into().ok()?,
            guard: optional(row.guard, |bits| u32::try_from(bits).ok().map(GuardTag::new))?,
            sealed_until: time(row.sealed_until),
        })
    }
}
