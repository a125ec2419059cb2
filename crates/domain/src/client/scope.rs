//! What an operator's token is good for.

use thiserror::Error;

/// One thing that the Admin API lets an operator do. A scope to write does not carry the one to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything.
    All,
    /// See users.
    UsersRead,
    /// Add, change and remove users, their passwords and roles.
    UsersWrite,
    /// See roles.
    RolesRead,
    /// Set the rights of roles.
    RolesWrite,
    /// See nodes.
    NodesRead,
    /// Add, rotate and remove nodes.
    NodesWrite,
    /// See API clients.
    ClientsRead,
    /// Add and revoke API clients.
    ClientsWrite,
    /// See form configurations.
    FormsRead,
    /// Set and remove form configurations.
    FormsWrite,
    /// See sessions, and why they ended.
    SessionsRead,
    /// End sessions.
    SessionsWrite,
    /// Issue tokens that let users in.
    TokensWrite,
    /// Read the message log.
    MessagesRead,
    /// See the settings in force, secrets masked.
    SettingsRead,
}

/// No scope has this name. Carries no text of the caller's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "there is no such scope; there are * and users:, roles:, nodes:, clients:, forms:, sessions: with read or write, \
     tokens:write, messages:read and settings:read"
)]
pub struct UnknownScope;

impl Scope {
    const NAMES: [(Self, &'static str); 16] = [
        (Self::All, "*"),
        (Self::UsersRead, "users:read"),
        (Self::UsersWrite, "users:write"),
        (Self::RolesRead, "roles:read"),
        (Self::RolesWrite, "roles:write"),
        (Self::NodesRead, "nodes:read"),
        (Self::NodesWrite, "nodes:write"),
        (Self::ClientsRead, "clients:read"),
        (Self::ClientsWrite, "clients:write"),
        (Self::FormsRead, "forms:read"),
        (Self::FormsWrite, "forms:write"),
        (Self::SessionsRead, "sessions:read"),
        (Self::SessionsWrite, "sessions:write"),
        (Self::TokensWrite, "tokens:write"),
        (Self::MessagesRead, "messages:read"),
        (Self::SettingsRead, "settings:read"),
    ];

    /// The scope's stable name, as stored and shown.
    pub fn as_str(self) -> &'static str {
        Self::NAMES.iter().find(|(scope, _)| *scope == self).map_or("", |(_, name)| name)
    }

    /// The scope of that stable name.
    pub fn parse(name: &str) -> Result<Self, UnknownScope> {
        Self::NAMES.iter().find(|(_, known)| *known == name).map(|(scope, _)| *scope).ok_or(UnknownScope)
    }

    /// Every scope.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().map(|(scope, _)| *scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scope_is_found_by_its_name() {
        for scope in Scope::all() {
            assert!(!scope.as_str().is_empty(), "{scope:?} has no name");
            assert_eq!(Scope::parse(scope.as_str()), Ok(scope));
        }
        assert_eq!(Scope::parse("users:all"), Err(UnknownScope));
    }
}
