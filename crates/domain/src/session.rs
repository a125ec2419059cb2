//! Sessions: who holds one, how long it lives, and how it ends.
//!
//! A session is *begun* once, may be *authenticated* and *signed out* any number of times, and is *ended* once and for
//! ever. Each authentication and sign-out starts a new *epoch*, so that a credential of an earlier one stays dead.

mod device;
mod id;
mod lifetimes;
mod token;

#[cfg(test)]
mod tests;

use std::time::Duration;

pub use device::DeviceName;
pub use id::{Origin, SessionId};
pub use lifetimes::Lifetimes;
pub use token::{Bearer, Claims, GuardTag, SignedToken};

use crate::{node::NodeId, time::Timestamp, user::UserId};

/// Whose session it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    /// Nobody's yet.
    Anonymous,
    /// Of whoever sets the system up: authenticated and with every right for as long as no user exists
    /// (seed 000, "not yet configured"), anonymous from then on.
    Setup,
    /// A user's.
    User(UserId),
    /// A registered machine's.
    Node(NodeId),
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EndReason {
    /// Its holder ended it.
    SignedOut,
    /// Its absolute or idle expiry passed.
    Expired,
    /// An operator ended it.
    Revoked,
    /// Its holder logged in again and got another.
    Replaced,
    /// Its user or node was disabled or removed, or its password or secret changed.
    SubjectChanged,
}

impl EndReason {
    /// Every reason, for storage mappings and tests.
    pub const ALL: [Self; 5] = [Self::SignedOut, Self::Expired, Self::Revoked, Self::Replaced, Self::SubjectChanged];

    /// The reason's stable name, as stored and shown.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Replaced => "replaced",
            Self::SubjectChanged => "subject_changed",
        }
    }

    /// The reason of that stable name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }
}

/// The end of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ending {
    /// When it ended.
    pub at: Timestamp,
    /// Why it ended.
    pub reason: EndReason,
}

/// How a session stands at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Its token is accepted.
    Live,
    /// An expiry has passed, whether or not that has been noted in the store.
    Expired,
    /// It was ended.
    Ended(Ending),
}

/// A session. Its bearer secret is not part of it: the store knows only a digest of that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// Its public handle, never accepted as proof of anything.
    pub id: SessionId,
    /// The API it was begun through.
    pub origin: Origin,
    /// The device it was begun on.
    pub device: DeviceName,
    /// Whose it is now.
    pub subject: Subject,
    /// When it was begun.
    pub begun: Timestamp,
    /// When its present subject authenticated.
    pub authenticated: Option<Timestamp>,
    /// When its token was last presented.
    pub last_seen: Timestamp,
    /// How long it may go unused; nothing for anonymous sessions, which live from their beginning.
    pub idle_ttl: Option<Duration>,
    /// Its absolute expiry: from this moment on it is over.
    pub expires: Timestamp,
    /// Its end, once it has one. Never cleared.
    pub ended: Option<Ending>,
    /// Counts authentications and sign-outs.
    pub epoch: u32,
    /// Which browser it was begun in, when that was a browser.
    pub guard: Option<GuardTag>,
    /// For a session whose token was sealed: how long the seal alone would be accepted. The row of such a session
    /// must outlive this moment, or an ended session would come back as an anonymous one.
    pub sealed_until: Option<Timestamp>,
}

impl Session {
    /// A session of nobody's, from `begun` until `expires`.
    pub fn begin(id: SessionId, origin: Origin, device: DeviceName, begun: Timestamp, expires: Timestamp) -> Self {
        Self {
            id,
            origin,
            device,
            subject: Subject::Anonymous,
            begun,
            authenticated: None,
            last_seen: begun,
            idle_ttl: None,
            expires,
            ended: None,
            epoch: 0,
            guard: None,
            sealed_until: None,
        }
    }

    /// How the session stands at `now`. Expiry is inclusive: at the very millisecond it is over.
    pub fn standing(&self, now: Timestamp) -> Standing {
        if let Some(ending) = self.ended {
            Standing::Ended(ending)
        } else if now >= self.over_from() {
            Standing::Expired
        } else {
            Standing::Live
        }
    }

    /// Whether the token is accepted at `now`.
    pub fn is_live(&self, now: Timestamp) -> bool {
        self.standing(now) == Standing::Live
    }

    /// When it will be over if it is not used again.
    pub fn idle_expiry(&self) -> Option<Timestamp> {
        self.idle_ttl.map(|ttl| self.last_seen.plus(ttl))
    }

    /// When it will be over if it is neither used again nor ended: at the earlier of its expiries.
    pub fn over_from(&self) -> Timestamp {
        self.idle_expiry().map_or(self.expires, |idle| idle.min(self.expires))
    }

    /// Gives the session to `subject`, in a new epoch with full lifetimes.
    pub fn authenticate(&mut self, subject: Subject, lifetimes: &Lifetimes, now: Timestamp) {
        self.subject = subject;
        self.authenticated = Some(now);
        self.last_seen = now;
        self.idle_ttl = Some(lifetimes.idle);
        self.expires = now.plus(lifetimes.absolute);
        self.epoch = self.epoch.saturating_add(1);
    }

    /// Takes the session from its subject: anonymous again, in a new epoch with an anonymous session's lifetime.
    pub fn sign_out(&mut self, lifetimes: &Lifetimes, now: Timestamp) {
        self.subject = Subject::Anonymous;
        self.authenticated = None;
        self.last_seen = now;
        self.idle_ttl = None;
        self.expires = now.plus(lifetimes.anonymous);
        self.epoch = self.epoch.saturating_add(1);
    }

    /// From when on nothing but history is lost by forgetting the session: it is over, and so is its seal.
    pub fn forgettable_from(&self) -> Timestamp {
        let over = self.ended.map_or(self.expires, |ending| ending.at);
        self.sealed_until.map_or(over, |sealed| sealed.max(over))
    }
}
