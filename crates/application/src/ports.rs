//! The driven ports: what the use cases need from the world. Every one is an object-safe trait, held as `Arc<dyn Port>`.
//!
//! Reads go through small stores, one for each kind of thing; every write goes through [`UnitOfWork`], except that
//! [`Archive`] moves a store as a whole. With the feature `mock`, each port `Port` comes with a mock `MockPort`.

pub mod archive;
mod budgets;
mod crypto;
mod leases;
mod memory;
mod store;
mod stores;

pub use archive::Archive;
pub use budgets::{Bucket, BudgetLimits, Budgets, Limit, NotCharged};
pub use crypto::{
    Against, HashError, HashProfile, InvalidSignature, PasswordHasher, Seal, Seals, SigningFailed, TokenSigner, Tokens,
    UnusableHash, Verdict,
};
pub use leases::{Holder, Leases, WAITED_FOR};
pub use memory::{AtHand, CaughtUp, Memory, NoMemory, Recall, Remembered};
pub use store::{
    About, ClientStore, CommitError, Committed, Conflict, FormStore, Health, Housekeeping, Installation, KeyKind,
    LoginTokenStore, MessageLog, NodeStore, RoleStore, SessionFilter, SessionStore, SetupState, StoreError, StoredNode,
    StoredUser, UnitOfWork, UserStore,
};
pub use stores::{Store, Stores};
#[cfg(any(test, feature = "mock"))]
pub use {
    archive::MockArchive,
    budgets::MockBudgets,
    crypto::{MockPasswordHasher, MockSeals, MockTokenSigner, MockTokens},
    leases::MockLeases,
    memory::MockRecall,
    store::{
        MockClientStore, MockFormStore, MockHealth, MockHousekeeping, MockInstallation, MockLoginTokenStore,
        MockMessageLog, MockNodeStore, MockRoleStore, MockSessionStore, MockUnitOfWork, MockUserStore,
    },
};

use std::sync::Arc;

use uuid::Uuid;
use vestibule_domain::{session::Session, time::Timestamp};

use crate::activity::Seen;

/// What time it is. Never goes backwards within a process.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Clock: Send + Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// New identifiers: unique, random, and worth nothing as credentials.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Ids: Send + Sync {
    /// A new identifier.
    fn next(&self) -> Uuid;
}

/// Where a session is kept in memory: there it is noted that it was seen, so that nobody has to look for the note as well.
pub trait Place: Send + Sync {
    /// When it was.
    fn seen(&self) -> &Seen;
}

/// Where it is noted that a session's token was presented. Must be cheap: every request does it.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Sightings: Send + Sync {
    /// Notes that the session, as it was read, was seen at this time.
    fn note(&self, session: &Session, at: Timestamp);
    /// Has the session say when it was last seen, as far as that was noted and is not in the store yet.
    fn refresh(&self, session: &mut Session);
    /// As [`Self::note`], of a session that was found in this place.
    fn note_in(&self, place: &Arc<dyn Place>, session: &Session, at: Timestamp);
    /// As [`Self::refresh`], of a session that was found in this place.
    fn refresh_in(&self, place: &dyn Place, session: &mut Session);
}
