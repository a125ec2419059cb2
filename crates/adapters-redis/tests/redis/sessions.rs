//! Sessions to try things with.

use std::time::Duration;

use uuid::Uuid;
use vestibule_application::{change::Change, ports::SessionFilter};
use vestibule_domain::{
    secret::Digest,
    session::{DeviceName, EndReason, Ending, Origin, Session, SessionId, Subject},
    time::Timestamp,
    user::UserId,
};

pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
pub(crate) const ENDING: Ending = Ending { at: START, reason: EndReason::Revoked };
pub(crate) const LIVE: SessionFilter = SessionFilter { subject: None, live_at: Some(START), after: None, limit: 100 };

pub(crate) fn subject(user: u128) -> Subject {
    Subject::User(UserId::from_uuid(Uuid::from_u128(user)))
}

/// A session of user 1 that lives for an hour.
pub(crate) fn session(number: u128) -> Session {
    let expires = START.plus(Duration::from_hours(1));
    let id = SessionId::from_uuid(Uuid::from_u128(number));
    let session = Session::begin(id, Origin::new("test"), DeviceName::default(), START, expires);
    Session { subject: subject(1), authenticated: Some(START), epoch: 1, ..session }
}

pub(crate) fn digest(number: u128) -> Digest {
    let mut bytes = [7; 32];
    bytes[..16].copy_from_slice(&number.to_be_bytes());
    Digest::new(bytes)
}

pub(crate) fn begin(number: u128) -> Change {
    Change::BeginSession { session: session(number), digest: digest(number) }
}

pub(crate) fn end(number: u128) -> Change {
    Change::EndSession { id: session(number).id, ending: ENDING }
}
