//! Users.

use std::collections::BTreeSet;

use vestibule_domain::{
    message::EventKind,
    rights::RoleName,
    secret::{Password, PasswordHash},
    session::Subject,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

use super::{Error, Operator, Whom, end_sessions_of};
use crate::{
    change::Change,
    ports::{Conflict, HashProfile, SetupState, StoredUser},
};

/// A user to be added.
pub struct NewUser {
    /// The name to log in with.
    pub login: LoginName,
    /// The address to log in with.
    pub email: EmailAddress,
    /// The password.
    pub password: Password,
    /// The roles. Those that do not exist are created without rights.
    pub roles: BTreeSet<RoleName>,
    /// The zone in which clients show times.
    pub time_zone: TimeZoneName,
}

/// What is to become of a user.
pub struct UserUpdate {
    /// The user as they were read.
    pub read: User,
    /// What they tell about themselves from now on.
    pub profile: Profile,
    /// The zone in which clients show times from now on.
    pub time_zone: TimeZoneName,
    /// Whether logging in is refused from now on.
    pub disabled: bool,
}

/// A user that was added.
pub struct Added {
    /// The user.
    pub user: User,
    /// The roles that did not exist before.
    pub created_roles: Vec<RoleName>,
}

impl Operator {
    /// Adds a user; the first one configures the system.
    pub async fn add_user(&self, new: NewUser) -> Result<Added, Error> {
        let NewUser { login, email, password, roles, time_zone } = new;
        let user = User {
            id: UserId::from_uuid(self.ports.ids.next()),
            login,
            email,
            roles,
            disabled: false,
            profile: Profile::default(),
            time_zone,
            created: self.ports.clock.now(),
            last_successful_login: None,
            last_failed_login: None,
        };
        self.passwords.check(&password, &user)?;
        let password = self.ports.hasher.hash(&password, HashProfile::Standard).await?;
        let created_roles = self.missing_roles(&user.roles).await?;
        self.insert_user(&user, password).await?;
        Ok(Added { user, created_roles })
    }

    /// Adds a user with their roles and the entries in the message log.
    pub(super) async fn insert_user(&self, user: &User, password: PasswordHash) -> Result<(), Error> {
        let (subject, at) = (Some(Subject::User(user.id)), user.created);
        let mut changes: Vec<Change> = user.roles.iter().cloned().map(Change::AddRole).collect();
        changes.push(Change::AddUser { user: user.clone(), password });
        changes.push(self.record(EventKind::UserAdded, subject, at));
        if self.ports.stores.installation.state().await? == SetupState::Unconfigured {
            changes.push(self.record(EventKind::SystemConfigured, subject, at));
        }
        match self.commit(changes).await {
            Err(Error::Conflict(Conflict::LoginTaken)) => Err(Error::LoginTaken(user.login.clone())),
            Err(Error::Conflict(Conflict::EmailTaken)) => Err(Error::EmailTaken(user.email.as_str().to_owned())),
            done => done,
        }
    }

    /// All users, in the order of their ids.
    pub async fn users(&self) -> Result<Vec<User>, Error> {
        const PAGE: u32 = 500;
        let mut users: Vec<User> = Vec::new();
        loop {
            let page = self.ports.stores.users.page(users.last().map(|user| user.id), PAGE).await?;
            if page.is_empty() {
                return Ok(users);
            }
            users.extend(page);
        }
    }

    /// One user.
    pub async fn user(&self, whom: impl Into<Whom<'_>>) -> Result<User, Error> {
        Ok(self.stored_user(whom.into()).await?.user)
    }

    /// Refuses the user's logins, and ends their sessions.
    pub async fn disable_user(&self, whom: impl Into<Whom<'_>>) -> Result<User, Error> {
        let user = self.user(whom).await?;
        let (id, subject, at) = (user.id, Subject::User(user.id), self.ports.clock.now());
        self.commit(vec![
            Change::SetDisabled { user: id, disabled: true },
            end_sessions_of(subject, at),
            self.record(EventKind::UserDisabled, Some(subject), at),
        ])
        .await?;
        Ok(User { disabled: true, ..user })
    }

    /// Lets the user log in again.
    pub async fn enable_user(&self, whom: impl Into<Whom<'_>>) -> Result<User, Error> {
        let user = self.user(whom).await?;
        self.commit(vec![
            Change::SetDisabled { user: user.id, disabled: false },
            self.record(EventKind::UserEnabled, Some(Subject::User(user.id)), self.ports.clock.now()),
        ])
        .await?;
        Ok(User { disabled: false, ..user })
    }

    /// Replaces what may be replaced of a user, if that is still what it was when it was read, and ends their sessions if
    /// that disables them.
    pub async fn update_user(&self, update: UserUpdate) -> Result<User, Error> {
        let UserUpdate { read, profile, time_zone, disabled } = update;
        let id = read.id;
        let stored = self.ports.stores.users.by_id(id).await?.ok_or_else(|| Error::UnknownUser(id.to_string()))?;
        let StoredUser { user, revision, .. } = stored;
        if (&user.profile, &user.time_zone, user.disabled) != (&read.profile, &read.time_zone, read.disabled) {
            return Err(Error::Outdated);
        }
        let (subject, at) = (Subject::User(id), self.ports.clock.now());
        let mut changes = vec![Change::ExpectUser { user: id, revision }];
        if (&profile, &time_zone) != (&user.profile, &user.time_zone) {
            let (profile, time_zone) = (profile.clone(), time_zone.clone());
            changes.push(Change::SetProfile { user: id, profile, time_zone });
            changes.push(self.record(EventKind::ProfileChanged, Some(subject), at));
        }
        if disabled != user.disabled {
            changes.push(Change::SetDisabled { user: id, disabled });
            changes.extend(disabled.then(|| end_sessions_of(subject, at)));
            let kind = if disabled { EventKind::UserDisabled } else { EventKind::UserEnabled };
            changes.push(self.record(kind, Some(subject), at));
        }
        match self.commit(changes).await {
            Err(Error::Conflict(Conflict::SubjectChanged)) => Err(Error::Outdated),
            done => done.map(|()| User { profile, time_zone, disabled, ..user }),
        }
    }

    /// Removes the user, and ends their sessions. Answers who it was.
    pub async fn remove_user(&self, whom: impl Into<Whom<'_>>) -> Result<User, Error> {
        let user = self.gone_or(self.user(whom).await).await?;
        let (subject, at) = (Subject::User(user.id), self.ports.clock.now());
        self.commit(vec![
            Change::RemoveUser { user: user.id },
            end_sessions_of(subject, at),
            self.record(EventKind::UserRemoved, Some(subject), at),
        ])
        .await?;
        Ok(user)
    }

    /// Sets the user's password, and ends their sessions.
    pub async fn set_password(&self, whom: impl Into<Whom<'_>>, password: &Password) -> Result<User, Error> {
        let user = self.user(whom).await?;
        self.passwords.check(password, &user)?;
        let password = self.ports.hasher.hash(password, HashProfile::Standard).await?;
        let (subject, at) = (Subject::User(user.id), self.ports.clock.now());
        self.commit(vec![
            Change::SetPassword { user: user.id, password },
            end_sessions_of(subject, at),
            self.record(EventKind::PasswordChanged, Some(subject), at),
        ])
        .await?;
        Ok(user)
    }

    /// Those of these roles that do not exist.
    pub(super) async fn missing_roles(&self, roles: &BTreeSet<RoleName>) -> Result<Vec<RoleName>, Error> {
        let names: Vec<RoleName> = roles.iter().cloned().collect();
        let known = self.ports.stores.roles.named(&names).await?;
        Ok(names.into_iter().filter(|name| !known.iter().any(|role| role.name == *name)).collect())
    }
}
