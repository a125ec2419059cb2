//! Users taken over from another system, with the hashes of the passwords they have there.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_domain::{
    rights::RoleName,
    secret::PasswordHash,
    user::{EmailAddress, LoginKey, LoginName, Profile, TimeZoneName, User, UserId},
};

use super::{Error, Operator};
use crate::ports::{KeyKind, StoredUser};

/// A user as another system has them.
pub struct Newcomer {
    /// The name to log in with.
    pub login: LoginName,
    /// The address to log in with.
    pub email: EmailAddress,
    /// The hash of their password. It is replaced by one of this service's own when they first log in.
    pub password: PasswordHash,
    /// The roles. Those that do not exist are created without rights.
    pub roles: BTreeSet<RoleName>,
    /// Whether their logins are refused.
    pub disabled: bool,
    /// The zone in which clients show times.
    pub time_zone: TimeZoneName,
}

/// What became of a newcomer.
pub enum Arrival {
    /// They were added.
    Added,
    /// Nothing: a user with this login name is there already. Carries their address.
    Known(EmailAddress),
}

/// An import under way. Doing it again adds nobody twice.
pub struct Import<'a> {
    operator: &'a Operator,
    rehearsal: bool,
    /// Those whom a rehearsal would have added: login keys with addresses.
    rehearsed: BTreeMap<LoginKey, EmailAddress>,
    addresses: BTreeSet<LoginKey>,
    roles: BTreeSet<RoleName>,
    created_roles: BTreeSet<RoleName>,
}

impl Operator {
    /// Begins an import. A rehearsal finds what is wrong and changes nothing.
    pub fn import(&self, rehearsal: bool) -> Import<'_> {
        Import {
            operator: self,
            rehearsal,
            rehearsed: BTreeMap::new(),
            addresses: BTreeSet::new(),
            roles: BTreeSet::new(),
            created_roles: BTreeSet::new(),
        }
    }
}

impl Import<'_> {
    /// Takes over one user, in a unit of their own; the first one ever configures the system.
    pub async fn user(&mut self, newcomer: Newcomer) -> Result<Arrival, Error> {
        self.operator.ports.hasher.check(&newcomer.password).map_err(Error::ForeignHash)?;
        if let Some(known) = self.known(&newcomer).await? {
            return Ok(Arrival::Known(known));
        }
        let unseen = newcomer.roles.difference(&self.roles).cloned().collect();
        let missing = self.operator.missing_roles(&unseen).await?;
        let (login, email) = (newcomer.login.key(), newcomer.email.clone());
        if self.rehearsal {
            self.addresses.insert(email.key());
            self.rehearsed.insert(login, email);
        } else {
            self.add(newcomer).await?;
        }
        self.roles.extend(unseen);
        self.created_roles.extend(missing);
        Ok(Arrival::Added)
    }

    /// The roles that did not exist before.
    pub fn created_roles(&self) -> impl Iterator<Item = &RoleName> {
        self.created_roles.iter()
    }

    /// The address of the user who has the login name. Fails if a name or address is another's.
    async fn known(&self, newcomer: &Newcomer) -> Result<Option<EmailAddress>, Error> {
        let users = &self.operator.ports.stores.users;
        let (login, email) = (newcomer.login.key(), newcomer.email.key());
        if let Some(rehearsed) = self.rehearsed.get(&login) {
            return Ok(Some(rehearsed.clone()));
        }
        match users.by_key(&login, KeyKind::Any).await? {
            Some(StoredUser { user, .. }) if user.login.key() == login => return Ok(Some(user.email)),
            None if !self.addresses.contains(&login) => {}
            Some(_) | None => return Err(Error::LoginTaken(newcomer.login.clone())),
        }
        let rehearsed = self.addresses.contains(&email) || self.rehearsed.contains_key(&email);
        if rehearsed || users.by_key(&email, KeyKind::Any).await?.is_some() {
            return Err(Error::EmailTaken(newcomer.email.as_str().to_owned()));
        }
        Ok(None)
    }

    async fn add(&self, newcomer: Newcomer) -> Result<(), Error> {
        let Newcomer { login, email, password, roles, disabled, time_zone } = newcomer;
        let ports = &self.operator.ports;
        let user = User {
            id: UserId::from_uuid(ports.ids.next()),
            login,
            email,
            roles,
            disabled,
            profile: Profile::default(),
            time_zone,
            created: ports.clock.now(),
            last_successful_login: None,
            last_failed_login: None,
        };
        self.operator.insert_user(&user, password).await
    }
}
