//! Roles, and who has them.

use std::collections::BTreeSet;

use vestibule_domain::{
    message::EventKind,
    rights::{Rights, Role, RoleName},
    session::Subject,
    user::User,
};

use super::{Error, Operator, Whom};
use crate::change::Change;

/// What became of a grant or withdrawal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// It was done.
    Changed,
    /// It was done, and the role created for it, without rights.
    RoleCreated,
    /// There was nothing to do: the user had, or lacked, the role already.
    Unchanged,
}

impl Operator {
    /// All roles, in the order of their names.
    pub async fn roles(&self) -> Result<Vec<Role>, Error> {
        Ok(self.ports.stores.roles.all().await?)
    }

    /// One role.
    pub async fn role(&self, name: RoleName) -> Result<Role, Error> {
        let mut found = self.ports.stores.roles.named(std::slice::from_ref(&name)).await?;
        found.pop().ok_or(Error::UnknownRole(name))
    }

    /// Gives a user a role. One that does not exist is created without rights.
    pub async fn grant_role(&self, whom: impl Into<Whom<'_>>, role: RoleName) -> Result<(User, Effect), Error> {
        let mut user = self.user(whom).await?;
        if !user.roles.insert(role.clone()) {
            self.ports.stores.unit.settled().await?;
            return Ok((user, Effect::Unchanged));
        }
        let is_new = !self.missing_roles(&BTreeSet::from([role.clone()])).await?.is_empty();
        let grant = Change::GrantRole { user: user.id, role: role.clone() };
        self.change_rights(&user, vec![Change::AddRole(role), grant]).await?;
        Ok((user, if is_new { Effect::RoleCreated } else { Effect::Changed }))
    }

    /// Takes a role from a user.
    pub async fn withdraw_role(&self, whom: impl Into<Whom<'_>>, role: &RoleName) -> Result<(User, Effect), Error> {
        let mut user = self.user(whom).await?;
        if !user.roles.remove(role) {
            self.ports.stores.unit.settled().await?;
            return Ok((user, Effect::Unchanged));
        }
        self.change_rights(&user, vec![Change::WithdrawRole { user: user.id, role: role.clone() }]).await?;
        Ok((user, Effect::Changed))
    }

    /// Sets all the rights of a role, creating it if need be.
    pub async fn set_role(&self, name: RoleName, rights: Rights) -> Result<Role, Error> {
        let role = Role { name, rights };
        let changed = self.record(EventKind::RightsChanged, None, self.ports.clock.now());
        self.commit(vec![Change::PutRole(role.clone()), changed]).await?;
        Ok(role)
    }

    /// Sets all the rights of a role, if it still has those that were read; or adds one, if there was none and still is none.
    pub async fn replace_role(&self, role: Role, read: Option<Rights>) -> Result<(), Error> {
        let changed = self.record(EventKind::RightsChanged, None, self.ports.clock.now());
        self.commit(vec![Change::ReplaceRole { role, read }, changed]).await.map_err(Error::if_stale)
    }

    async fn change_rights(&self, user: &User, mut changes: Vec<Change>) -> Result<(), Error> {
        changes.push(self.record(EventKind::RightsChanged, Some(Subject::User(user.id)), self.ports.clock.now()));
        self.commit(changes).await
    }
}
