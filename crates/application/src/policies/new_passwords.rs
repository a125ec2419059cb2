//! A new password for somebody who may set one: judged, hashed, and with it the end of all that the old one let in.

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    network::Network,
    secret::Password,
    session::{EndReason, Ending, Subject},
    user::User,
};

use super::password::{PasswordPolicy, TooSimple};
use crate::{
    api::Caller,
    change::Change,
    ports::{Clock, CommitError, Conflict, HashError, HashProfile, PasswordHasher, StoreError, UnitOfWork},
};

/// Sets passwords.
pub struct NewPasswords {
    /// How good they must be.
    pub policy: PasswordPolicy,
    /// Hashes them.
    pub hasher: Arc<dyn PasswordHasher>,
    /// Where they are written.
    pub unit: Arc<dyn UnitOfWork>,
    /// Now.
    pub clock: Arc<dyn Clock>,
}

/// Why the password is the old one still.
#[derive(Debug, Error)]
pub enum NotSet {
    /// It is too short or too easily guessed.
    #[error(transparent)]
    TooSimple(#[from] TooSimple),
    /// A condition does not hold any more.
    #[error(transparent)]
    Condition(Conflict),
    /// Too many passwords are being hashed.
    #[error("too many logins are under way")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl NewPasswords {
    /// Sets this user's password and ends all sessions they have, in one unit with the conditions and an entry of this
    /// kind in the message log. The store drops the tokens that were issued for them, and the networks it knew them by,
    /// but for the caller's.
    pub async fn set(
        &self,
        user: &User,
        password: &Password,
        conditions: Vec<Change>,
        kind: EventKind,
        caller: &Caller,
    ) -> Result<(), NotSet> {
        self.policy.check(password, user)?;
        let password = match self.hasher.hash(password, HashProfile::Standard).await {
            Ok(hash) => hash,
            Err(HashError::Overloaded { retry_after }) => return Err(NotSet::Overloaded { retry_after }),
            Err(HashError::Unusable(_)) => return Err(StoreError::Malformed("password hash parameter").into()),
        };
        let (subject, at) = (Subject::User(user.id), self.clock.now());
        let (origin, address) = (Some(caller.origin.clone()), Some(caller.address));
        let event = Event { kind, at, session: None, subject: Some(subject), origin, address, by: Agent::default() };
        let mut changes = conditions;
        changes.extend([
            Change::SetPassword { user: user.id, password },
            // Whoever sets it has shown who they are: attackers who have spent the budgets of strangers do not keep them out.
            Change::KnowNetwork { subject, network: Network::of(caller.address), at },
            Change::EndSessionsOf { subject, ending: Ending { at, reason: EndReason::SubjectChanged } },
            Change::Record(event),
        ]);
        self.unit.commit(changes).await.map(drop).map_err(|error| match error {
            CommitError::Conflict(conflict) => NotSet::Condition(conflict),
            CommitError::Store(error) => NotSet::Store(error),
        })
    }
}
