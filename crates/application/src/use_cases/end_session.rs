//! Ends a session, for ever and everywhere.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;
use vestibule_domain::session::{Bearer, EndReason};

use crate::{
    api::Caller,
    policies::{
        openings::{ATTEMPTS, ending, unsettled},
        resolver::Resolver,
    },
    ports::{Clock, CommitError, StoreError, UnitOfWork},
};

/// End the session.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
}

/// It is over.
pub type Outcome = ();

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session has this token.
    #[error("no live session has this token")]
    UnknownSession,
    /// The store failed: the session may live on.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Ends.
pub struct UseCase {
    /// Accepts tokens.
    pub resolver: Arc<Resolver>,
    /// Where the end is written.
    pub unit: Arc<dyn UnitOfWork>,
    /// Now.
    pub clock: Arc<dyn Clock>,
}

impl UseCase {
    /// Ends the session. When this answers, the end is durable.
    pub async fn run(&self, Command { caller, bearer }: Command) -> Result<Outcome, Error> {
        for _ in 0..ATTEMPTS {
            let found = self.resolver.resolve(&bearer, &caller.origin).await?.ok_or(Error::UnknownSession)?;
            match self.unit.commit(ending(found, EndReason::SignedOut, &caller, self.clock.now()).into()).await {
                Ok(()) => return Ok(()),
                // It got a row, ended, or changed hands meanwhile: look again, until it is ended by somebody.
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(unsettled().into())
    }
}
