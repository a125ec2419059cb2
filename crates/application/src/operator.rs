//! What an operator does: users, roles, nodes, API clients, form configurations, login tokens and sessions.
//!
//! Every change is one unit that carries its entry in the message log. What takes something from somebody (disabling,
//! removing, a new password) ends their sessions in that unit.

pub mod clients;
pub mod explanation;
pub mod forms;
pub mod import;
pub mod login_tokens;
pub mod nodes;
pub mod operators;
pub mod pages;
pub mod personal;
pub mod roles;
pub mod sessions;
pub mod users;

#[cfg(test)]
mod tests;

use std::{net::IpAddr, sync::Arc};

use thiserror::Error;
use vestibule_domain::{
    client::ClientName,
    form::FormName,
    message::{Agent, Event, EventKind},
    node::NodeName,
    rights::RoleName,
    session::{EndReason, Ending, SessionId, Subject},
    time::Timestamp,
    user::{LoginKey, LoginName, UserId},
};

use crate::{
    change::Change,
    policies::password::{PasswordPolicy, TooSimple},
    ports::{
        Clock, CommitError, Conflict, HashError, Ids, KeyKind, PasswordHasher, StoreError, StoredUser, Stores, Tokens,
        UnusableHash,
    },
};

/// What the operator's commands stand on.
#[derive(Clone)]
#[expect(missing_docs, reason = "each port says what it is")]
pub struct Ports {
    pub stores: Stores,
    pub tokens: Arc<dyn Tokens>,
    pub hasher: Arc<dyn PasswordHasher>,
    pub clock: Arc<dyn Clock>,
    pub ids: Arc<dyn Ids>,
}

/// The operator's commands, grouped by what they are about: one module each.
#[derive(Clone)]
pub struct Operator {
    ports: Ports,
    passwords: PasswordPolicy,
    /// Who does it, when that is not whoever may run the command line.
    named: Option<ClientName>,
    /// From where, when it is over a network.
    address: Option<IpAddr>,
}

/// Why a command did nothing. Written for the operator: says what to do where that is not plain.
#[derive(Debug, Error)]
pub enum Error {
    /// No user answers to this.
    #[error("no user has the login name, e-mail address or id {0:?}")]
    UnknownUser(String),
    /// No node has this name.
    #[error("there is no node {0}")]
    UnknownNode(NodeName),
    /// No API client has this name.
    #[error("there is no client {0}")]
    UnknownClient(ClientName),
    /// No operator has this name.
    #[error("there is no operator {0}")]
    UnknownOperator(ClientName),
    /// No role has this name.
    #[error("there is no role {0}")]
    UnknownRole(RoleName),
    /// No form configuration has this name.
    #[error("there is no form configuration {0}")]
    UnknownForm(FormName),
    /// No session that is kept has this id.
    #[error(
        "there is no session {0}; anonymous sessions that were never authenticated are not kept, and those long over \
         are forgotten"
    )]
    UnknownSession(SessionId),
    /// Another user has the login name, or has it as e-mail address.
    #[error("another user has the login name {0}, or has it as e-mail address; choose another login name")]
    LoginTaken(LoginName),
    /// Another user has the address, or has it as login name.
    #[error("another user has the e-mail address {0}, or has it as login name; use another address")]
    EmailTaken(String),
    /// Another node has the name.
    #[error("there is a node {0} already; choose another name, or give that one a new secret by rotating it")]
    NodeNameTaken(NodeName),
    /// Another API client or operator has or had the name.
    #[error("there is or was a client or operator {0} already; names are not given twice, so choose another")]
    ClientNameTaken(ClientName),
    /// The password is too short or too easily guessed.
    #[error(transparent)]
    TooSimple(#[from] TooSimple),
    /// A login token for this user would be refused.
    #[error("the user {0} is disabled and could not log in; enable them first")]
    Disabled(LoginName),
    /// An operator without a scope could do nothing.
    #[error("an operator needs a scope: users:read for example, or * for everything")]
    NoScope,
    /// What was to be replaced is not what it was when it was read.
    #[error("somebody else has changed it meanwhile; read it again")]
    Outdated,
    /// Something was changed by somebody else at the same time.
    #[error("nothing was done: {0}")]
    Conflict(Conflict),
    /// The password could not be hashed.
    #[error(transparent)]
    Hash(#[from] HashError),
    /// The hash that a user was to be taken over with is of no use here.
    #[error("the password hash cannot be taken over: {0}")]
    ForeignHash(UnusableHash),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<CommitError> for Error {
    fn from(error: CommitError) -> Self {
        match error {
            CommitError::Conflict(conflict) => Self::Conflict(conflict),
            CommitError::Store(error) => Self::Store(error),
        }
    }
}

impl Error {
    /// What it comes to where something is replaced that was read before.
    fn if_stale(self) -> Self {
        if matches!(self, Self::Conflict(Conflict::Stale)) { Self::Outdated } else { self }
    }
}

/// Which user is meant.
#[derive(Clone, Copy, Debug)]
pub enum Whom<'a> {
    /// The one of this id, and nobody else: anybody may have registered its text as login name.
    Id(UserId),
    /// Whoever a person means by this: an id, login name or e-mail address.
    Named(&'a str),
}

impl From<UserId> for Whom<'_> {
    fn from(id: UserId) -> Self {
        Self::Id(id)
    }
}

impl<'a, T: AsRef<str> + ?Sized> From<&'a T> for Whom<'a> {
    fn from(named: &'a T) -> Self {
        Self::Named(named.as_ref())
    }
}

impl Operator {
    /// The commands on these ports, with this policy for the passwords they set.
    pub fn new(ports: Ports, passwords: PasswordPolicy) -> Self {
        Self { ports, passwords, named: None, address: None }
    }

    /// The same commands, done by this operator from this address if it is known, as the message log will tell.
    #[must_use]
    pub fn named(&self, name: ClientName, address: Option<IpAddr>) -> Self {
        Self { named: Some(name), address, ..self.clone() }
    }

    fn agent(&self) -> Agent {
        Agent { operator: self.named.clone(), instance: None }
    }

    /// The entry in the message log for what an operator did.
    fn record(&self, kind: EventKind, subject: Option<Subject>, at: Timestamp) -> Change {
        let address = self.address;
        Change::Record(Event { kind, at, session: None, subject, origin: None, address, by: self.agent() })
    }

    /// The user who is meant. A text is looked for as id, login name and e-mail address, in this order.
    async fn stored_user(&self, whom: Whom<'_>) -> Result<StoredUser, Error> {
        let named = match whom {
            Whom::Id(id) => {
                let user = self.ports.stores.users.by_id(id).await?;
                return user.ok_or_else(|| Error::UnknownUser(id.to_string()));
            }
            Whom::Named(named) => named,
        };
        if let Some(id) = UserId::parse(named.trim())
            && let Some(user) = self.ports.stores.users.by_id(id).await?
        {
            return Ok(user);
        }
        let unknown = || Error::UnknownUser(named.to_owned());
        let key = LoginKey::parse(named).map_err(|_| unknown())?;
        self.ports.stores.users.by_key(&key, KeyKind::Any).await?.ok_or_else(unknown)
    }

    /// What is to be removed. That it is not there may have been somebody else's doing, who is still waiting for others to hear.
    async fn gone_or<T>(&self, found: Result<T, Error>) -> Result<T, Error> {
        if let Err(Error::UnknownUser(_) | Error::UnknownNode(_)) = found {
            self.ports.stores.unit.settled().await?;
        }
        found
    }

    async fn commit(&self, changes: Vec<Change>) -> Result<(), Error> {
        self.ports.stores.unit.commit(changes).await?;
        Ok(())
    }
}

fn end_sessions_of(subject: Subject, at: Timestamp) -> Change {
    Change::EndSessionsOf { subject, ending: Ending { at, reason: EndReason::SubjectChanged } }
}
