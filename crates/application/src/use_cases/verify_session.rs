//! Tells a proxy or service on the way whose session a request comes with, and notes that it was seen.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::session::{Bearer, SignedToken};

use crate::{
    api::Caller,
    policies::verifier::Verifier,
    ports::{CaughtUp, Clock, StoreError, TokenSigner},
    view::SessionView,
};

/// Tell whose session it is.
pub struct Command {
    /// Who presents it: the address is that of the session's holder, not of the service that asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
    /// For how long an assertion of it is to be good, if one is wanted.
    pub assertion: Option<Duration>,
}

/// Somebody's session. Has no `Debug`.
pub struct Outcome {
    /// The session.
    pub view: SessionView,
    /// The same, signed, for others to believe for a while.
    pub assertion: Option<SignedToken>,
}

/// Why nothing is told.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session of somebody has this token.
    #[error("no live session of somebody has this token")]
    UnknownSession,
    /// The store failed: it may be live or not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells.
pub struct UseCase {
    /// Finds the session.
    pub verifier: Arc<Verifier>,
    /// Signs assertions.
    pub signer: Arc<dyn TokenSigner>,
    /// Now.
    pub clock: Arc<dyn Clock>,
}

impl UseCase {
    /// Tells whose session it is.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let view = self.verifier.verify(&command.bearer, command.caller.address).await?;
        let view = view.ok_or(Error::UnknownSession)?;
        let assertion = command.assertion.map(|lifetime| self.assert(&view, lifetime)).transpose()?;
        Ok(Outcome { view, assertion })
    }

    /// The same, if all that it takes is at hand. Nothing: it is to be run.
    pub fn at_hand(&self, command: &Command, since: Option<CaughtUp>) -> Option<Outcome> {
        let view = self.verifier.at_hand(&command.bearer, command.caller.address, since)?;
        let assertion = command.assertion.map(|lifetime| self.assert(&view, lifetime)).transpose().ok()?;
        Some(Outcome { view, assertion })
    }

    /// An assertion is never good for longer than its session would be without being seen again.
    fn assert(&self, view: &SessionView, lifetime: Duration) -> Result<SignedToken, StoreError> {
        let now = self.clock.now();
        let until = now.plus(lifetime).min(view.session.over_from());
        self.signer.assert(view, now, until).map_err(|_| StoreError::Malformed("signing key"))
    }
}
