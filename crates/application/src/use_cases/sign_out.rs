//! Takes a session from its subject: the session stays, anonymous, under the same token (seed 000, `signout`).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;
use vestibule_domain::{
    message::EventKind,
    session::{Bearer, Subject},
};

use crate::{
    api::Caller,
    change::Change,
    policies::{
        lifetimes::LifetimePolicy,
        openings::{ATTEMPTS, event, saved, unsettled},
        resolver::{Resolved, Resolver},
        viewer::Viewer,
    },
    ports::{Clock, CommitError, StoreError, UnitOfWork},
    view::SessionView,
};

/// Sign the session out.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
}

/// The session, anonymous.
pub type Outcome = SessionView;

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session has this token.
    #[error("no live session has this token")]
    UnknownSession,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Signs out.
pub struct UseCase {
    /// Accepts tokens.
    pub resolver: Arc<Resolver>,
    /// Where it is written.
    pub unit: Arc<dyn UnitOfWork>,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// How long an anonymous session lives.
    pub lifetimes: Arc<LifetimePolicy>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Signs the session out. One that is anonymous already stays as it is, and nothing is written.
    pub async fn run(&self, Command { caller, bearer }: Command) -> Result<Outcome, Error> {
        for _ in 0..ATTEMPTS {
            let found = self.resolver.resolve(&bearer, &caller.origin).await?;
            let Resolved { mut session, kept } = found.ok_or(Error::UnknownSession)?;
            if session.subject == Subject::Anonymous {
                return Ok(self.viewer.view_unowned(session).await?);
            }
            let now = self.clock.now();
            // The log names whose session it was.
            let note = Change::Record(event(EventKind::SessionSignedOut, &session, &caller, now));
            let expected_epoch = session.epoch;
            session.sign_out(self.lifetimes.of(&session.origin), now);
            match self.unit.commit(vec![saved(session.clone(), kept, expected_epoch), note]).await {
                Ok(()) => return Ok(self.viewer.view_unowned(session).await?),
                // It changed meanwhile: look again.
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(unsettled().into())
    }
}
