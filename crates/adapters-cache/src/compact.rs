//! A session in half the room: there are as many of them in memory as clients that are about.

use std::{sync::Arc, time::Duration};

use vestibule_domain::{
    session::{DeviceName, GuardTag, Origin, Session, SessionId, Subject},
    time::Timestamp,
};

use crate::common::Common;

/// A session that has not ended, but for the time it was last seen.
pub(crate) struct Compact {
    pub(crate) id: SessionId,
    pub(crate) subject: Subject,
    epoch: u32,
    guard: Option<GuardTag>,
    begun: Timestamp,
    /// [`NONE`] where it never was.
    authenticated: Timestamp,
    /// In milliseconds, as stores have it; [`u64::MAX`] where there is none.
    idle_ttl: u64,
    expires: Timestamp,
    /// [`NONE`] where it was not.
    sealed_until: Timestamp,
    place: Arc<Place>,
}

/// Where sessions are begun: many are at the same.
#[derive(PartialEq, Eq, Hash)]
struct Place {
    origin: Origin,
    device: DeviceName,
}

/// The places that were met.
pub(crate) struct Places(Common<Arc<Place>>);

/// Stands for no time: nothing ever happens then.
const NONE: Timestamp = Timestamp::from_millis(i64::MIN);

impl Places {
    pub(crate) fn new() -> Self {
        Self(Common::new())
    }
}

impl Compact {
    /// Nothing of a session that has ended.
    pub(crate) fn of(session: &Session, places: &Places) -> Option<Self> {
        // No field is left out by mistake.
        let Session {
            id,
            origin,
            device,
            subject,
            begun,
            authenticated,
            last_seen: _,
            idle_ttl,
            expires,
            ended: None,
            epoch,
            guard,
            sealed_until,
        } = session
        else {
            return None;
        };
        let place = Arc::new(Place { origin: origin.clone(), device: device.clone() });
        Some(Self {
            id: *id,
            subject: *subject,
            epoch: *epoch,
            guard: *guard,
            begun: *begun,
            authenticated: authenticated.unwrap_or(NONE),
            idle_ttl: idle_ttl.map_or(u64::MAX, |ttl| u64::try_from(ttl.as_millis()).unwrap_or(u64::MAX - 1)),
            expires: *expires,
            sealed_until: sealed_until.unwrap_or(NONE),
            place: places.0.one_of(&place),
        })
    }

    /// The session, last seen then.
    pub(crate) fn seen_at(&self, last_seen: Timestamp) -> Session {
        let some = |at: Timestamp| (at != NONE).then_some(at);
        Session {
            id: self.id,
            origin: self.place.origin.clone(),
            device: self.place.device.clone(),
            subject: self.subject,
            begun: self.begun,
            authenticated: some(self.authenticated),
            last_seen,
            idle_ttl: (self.idle_ttl != u64::MAX).then(|| Duration::from_millis(self.idle_ttl)),
            expires: self.expires,
            ended: None,
            epoch: self.epoch,
            guard: self.guard,
            sealed_until: some(self.sealed_until),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use uuid::Uuid;
    use vestibule_domain::{
        session::{EndReason, Ending},
        user::UserId,
    };

    use super::*;

    fn session(
        (id, user, epoch, guard): (u128, Option<u128>, u32, Option<u32>),
        times: [i64; 3],
        maybe: [Option<i64>; 2],
        idle: Option<u32>,
    ) -> Session {
        let [begun, last_seen, expires] = times.map(Timestamp::from_millis);
        let [authenticated, sealed_until] = maybe.map(|at| at.map(Timestamp::from_millis));
        Session {
            id: SessionId::from_uuid(Uuid::from_u128(id)),
            origin: Origin::new("test"),
            device: DeviceName::default(),
            subject: user.map_or(Subject::Anonymous, |user| Subject::User(UserId::from_uuid(Uuid::from_u128(user)))),
            begun,
            authenticated,
            last_seen,
            idle_ttl: idle.map(|millis| Duration::from_millis(millis.into())),
            expires,
            ended: None,
            epoch,
            guard: guard.map(GuardTag::new),
            sealed_until,
        }
    }

    proptest! {
        #[test]
        fn nothing_of_a_session_is_lost(
            who: (u128, Option<u128>, u32, Option<u32>),
            times: [u32; 3],
            maybe: [Option<u32>; 2],
            idle: Option<u32>,
        ) {
            let session = session(who, times.map(i64::from), maybe.map(|at| at.map(i64::from)), idle);
            let compact = Compact::of(&session, &Places::new()).unwrap();
            prop_assert_eq!(compact.seen_at(session.last_seen), session);
        }
    }

    #[test]
    fn what_has_ended_is_not_kept() {
        let ended = Some(Ending { at: Timestamp::EPOCH, reason: EndReason::Expired });
        let session = Session { ended, ..session((1, None, 0, None), [0; 3], [None; 2], None) };
        assert!(Compact::of(&session, &Places::new()).is_none());
    }
}
