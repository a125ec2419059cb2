//! Tells of the user behind a session (seed 004, `user/details`).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;
use vestibule_domain::{session::Bearer, user::User};

use super::describe_session;
use crate::{api::Caller, ports::StoreError, view::Principal};

/// Tell of the user.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
}

/// The user.
pub type Outcome = User;

/// Why nothing is told.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session has this token, or it is nobody's.
    #[error("no live session of a user has this token")]
    UnknownSession,
    /// The session is a node's.
    #[error("the session is a node's")]
    NotAUser,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells.
pub struct UseCase {
    /// For the session.
    pub describe_session: Arc<describe_session::UseCase>,
}

impl UseCase {
    /// Tells of the user.
    pub async fn run(&self, Command { caller, bearer }: Command) -> Result<Outcome, Error> {
        let described = self.describe_session.run(describe_session::Command { caller, bearer }).await;
        let view = described.map_err(|error| match error {
            describe_session::Error::UnknownSession => Error::UnknownSession,
            describe_session::Error::Store(error) => Error::Store(error),
        })?;
        match view.principal {
            Principal::User(user) => Ok(Arc::unwrap_or_clone(user)),
            Principal::Node(_) => Err(Error::NotAUser),
            Principal::Anonymous | Principal::Setup => Err(Error::UnknownSession),
        }
    }
}
