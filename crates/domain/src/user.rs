//! Users: who they are, what they are called, and whether they may come in.

mod email;
mod login;
mod profile;
mod time_zone;

#[cfg(test)]
mod tests;

use std::collections::BTreeSet;

pub use email::EmailAddress;
pub use login::{Login, LoginKey, LoginName};
pub use profile::{Birthdate, City, PersonName, Profile, ProfileError, Sex};
pub use time_zone::TimeZoneName;
use uuid::Uuid;

use crate::{rights::RoleName, time::Timestamp};

/// A user's identifier (the `guid` of seed 004, the `sub` of a signed token).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UserId(Uuid);

crate::uuid_newtype!(UserId);

/// A user, without the password hash: see the user store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// Never changes.
    pub id: UserId,
    /// The name to log in with. No other user has it as login name or as e-mail address.
    pub login: LoginName,
    /// The address to log in with. No other user has it as e-mail address or as login name.
    pub email: EmailAddress,
    /// The roles, by name.
    pub roles: BTreeSet<RoleName>,
    /// Whether logging in is refused.
    pub disabled: bool,
    /// What the user told about themselves.
    pub profile: Profile,
    /// The zone in which clients show times to this user.
    pub time_zone: TimeZoneName,
    /// When the user was created.
    pub created: Timestamp,
    /// The last login that succeeded.
    pub last_successful_login: Option<Timestamp>,
    /// The last login that failed on a wrong password.
    pub last_failed_login: Option<Timestamp>,
}

impl User {
    /// Whether the user has this role.
    pub fn has_role(&self, role: &RoleName) -> bool {
        self.roles.contains(role)
    }

    /// The keys under which this user is found: one if login name and address are spelt alike, else two.
    pub fn keys(&self) -> BTreeSet<LoginKey> {
        BTreeSet::from([self.login.key(), self.email.key()])
    }
}
