//! Ends a session, for ever and everywhere.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    network::Network,
    session::{Bearer, EndReason, Subject},
};

use crate::{
    api::Caller,
    policies::{
        openings::{ATTEMPTS, ending, unsettled},
        resolver::{Kept, Resolver},
    },
    ports::{Bucket, Budgets, Clock, CommitError, NotCharged, StoreError, UnitOfWork},
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
    /// Too many sessions that were never anybody's were ended: this one lives on, until it expires.
    #[error("too many anonymous sessions were ended")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed: the session may live on.
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

/// Ends.
pub struct UseCase {
    /// Accepts tokens.
    pub resolver: Arc<Resolver>,
    /// What ends of sessions without a row are charged to.
    pub budgets: Arc<dyn Budgets>,
    /// Where the end is written.
    pub unit: Arc<dyn UnitOfWork>,
    /// Now.
    pub clock: Arc<dyn Clock>,
}

impl UseCase {
    /// Ends the session. When this answers, the end is durable.
    ///
    /// Whoever begins anonymous sessions and ends them makes a row each time, for free, because the end of a sealed token
    /// must be remembered for as long as the token would be good. So those are counted.
    pub async fn run(&self, Command { caller, bearer }: Command) -> Result<Outcome, Error> {
        let mut is_charged = false;
        for _ in 0..ATTEMPTS {
            let Some(found) = self.resolver.resolve(&bearer, &caller.origin).await? else {
                self.unit.settled().await?;
                return Err(Error::UnknownSession);
            };
            let is_nobodys = matches!(found.kept, Kept::Seal(_)) && found.session.subject == Subject::Anonymous;
            if is_nobodys && !is_charged {
                self.budgets.charge(&[Bucket::EndingFrom(Network::of(caller.address)), Bucket::Ending]).await?;
                is_charged = true;
            }
            match self.unit.commit(ending(found, EndReason::SignedOut, &caller, self.clock.now())).await {
                Ok(_) => return Ok(()),
                // It got a row, ended, or changed hands meanwhile: look again, until it is ended by somebody.
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(unsettled().into())
    }
}
