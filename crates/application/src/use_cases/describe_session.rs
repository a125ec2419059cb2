//! Tells of the session behind a token, and notes that it was seen.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;
use vestibule_domain::session::Bearer;

use crate::{
    api::Caller,
    policies::{resolver::Resolver, viewer::Viewer},
    ports::{AtHand, CaughtUp, StoreError},
    view::SessionView,
};

/// Tell of the session.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
}

/// The session.
pub type Outcome = SessionView;

/// Why nothing is told.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session has this token.
    #[error("no live session has this token")]
    UnknownSession,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells.
pub struct UseCase {
    /// Accepts tokens.
    pub resolver: Arc<Resolver>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Tells of the session.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let at_hand = self.resolver.caught_up(&command.bearer).await?;
        if let Some(view) = at_hand.and_then(|at_hand| self.tell(at_hand, &command)) {
            return Ok(view);
        }
        let found = self.resolver.resolve(&command.bearer, &command.caller.origin).await?;
        let session = found.ok_or(Error::UnknownSession)?.session;
        self.viewer.view(session, command.caller.address, None).await?.ok_or(Error::UnknownSession)
    }

    /// The same, if all that it takes is at hand. Nothing: it is to be run.
    pub fn at_hand(&self, command: &Command, since: Option<CaughtUp>) -> Option<Outcome> {
        self.tell(self.resolver.memory.at_hand(since)?, command)
    }

    fn tell(&self, at_hand: AtHand<'_>, Command { caller, bearer }: &Command) -> Option<Outcome> {
        let found = self.resolver.at_hand(at_hand, bearer, &caller.origin)?;
        self.viewer.at_hand(at_hand, found, caller.address)
    }
}
