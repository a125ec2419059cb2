//! Creates a user and a session of theirs (seed 003, `register`).

#[cfg(test)]
mod tests;

use std::{collections::BTreeSet, sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    network::Network,
    secret::Password,
    session::{DeviceName, Subject},
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

use crate::{
    api::{Caller, Current},
    change::Change,
    policies::{
        openings::{OpenError, Opening, Openings, Target},
        password::PasswordPolicy,
        setup::SetupGrants,
        viewer::Viewer,
    },
    ports::{Bucket, Budgets, Clock, HashError, HashProfile, Ids, NotCharged, PasswordHasher, StoreError},
    view::Begun,
};

/// Register.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The address, which becomes the login name too.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// What they tell about themselves.
    pub profile: Profile,
    /// On what device.
    pub device: DeviceName,
    /// What becomes of the session they came with.
    pub current: Current,
}

/// The new user's session.
pub type Outcome = Begun;

/// Why there is no new user.
#[derive(Debug, Error)]
pub enum Error {
    /// The day of birth lies in the future.
    #[error("the birthdate lies in the future")]
    BirthdateInFuture,
    /// The password is too short or too easily guessed.
    #[error("the password is too simple")]
    PasswordTooSimple,
    /// Another user has the address.
    #[error("the e-mail address is taken")]
    EmailTaken,
    /// Too many registrations from there.
    #[error("too many registrations")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many logins are under way.
    #[error("too many logins are under way")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotCharged> for Error {
    fn from(not_charged: NotCharged) -> Self {
        match not_charged {
            NotCharged::Spent { retry_after, .. } => Self::Throttled { retry_after },
            NotCharged::Store(error) => Self::Store(error),
        }
    }
}

/// Registers.
pub struct UseCase {
    /// What registrations are charged to.
    pub budgets: Arc<dyn Budgets>,
    /// How good passwords must be.
    pub passwords: PasswordPolicy,
    /// Hashes them.
    pub hasher: Arc<dyn PasswordHasher>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// Whether this is the first user.
    pub setup: Arc<SetupGrants>,
    /// Opens the session.
    pub openings: Arc<Openings>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Registers: the user and the session come in one unit.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let now = self.clock.now();
        if command.profile.birthdate.is_some_and(|birthdate| birthdate.is_after(now)) {
            return Err(Error::BirthdateInFuture);
        }
        let buckets = [Bucket::RegistrationFrom(Network::of(command.caller.address))];
        self.budgets.charge(&buckets).await?;
        let user = User {
            id: UserId::from_uuid(self.ids.next()),
            // Every address fits a login name.
            login: LoginName::parse(command.email.as_str()).map_err(|_| StoreError::Malformed("e-mail address"))?,
            email: command.email,
            roles: BTreeSet::new(),
            disabled: false,
            profile: command.profile,
            time_zone: TimeZoneName::default(),
            created: now,
            last_successful_login: None,
            last_failed_login: None,
        };
        // After the charge: judging a password is work too.
        self.passwords.check(&command.password, &user).map_err(|_| Error::PasswordTooSimple)?;
        // Hashed before anybody looks whether the address is taken: both answers cost the same.
        let password = match self.hasher.hash(&command.password, HashProfile::Standard).await {
            Ok(hash) => hash,
            Err(HashError::Overloaded { retry_after }) => {
                self.budgets.refund(&buckets).await;
                return Err(Error::Overloaded { retry_after });
            }
            Err(HashError::Unusable(_)) => return Err(StoreError::Malformed("password hash parameter").into()),
        };
        let subject = Subject::User(user.id);
        let first = self.setup.is_open().await?.then_some(EventKind::SystemConfigured);
        let events = [EventKind::UserRegistered].into_iter().chain(first).map(|kind| {
            let (origin, address) = (Some(command.caller.origin.clone()), Some(command.caller.address));
            Change::Record(Event {
                kind,
                at: now,
                session: None,
                subject: Some(subject),
                origin,
                address,
                by: Agent::default(),
            })
        });
        let conditions = [Change::AddUser { user, password }].into_iter().chain(events).collect();
        let Command { caller, device, current, .. } = command;
        let (address, target) = (caller.address, Target::Current(current));
        let opening = Opening { caller, device, subject, is_backoffice: false, target, conditions, is_noted: false };
        let opened = self.openings.open(&opening).await.map_err(|error| match error {
            OpenError::Condition(_) | OpenError::UnknownSession => Error::EmailTaken,
            OpenError::Store(error) => Error::Store(error),
        })?;
        let view =
            self.viewer.view(opened.session, address, opened.newest).await?.ok_or(StoreError::Malformed("user"))?;
        Ok(Begun { view, token: opened.token, signed: None })
    }
}
