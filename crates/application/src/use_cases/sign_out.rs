//! Takes a session from its subject: the session stays, anonymous, under the same token (seed 000, `signout`).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;
use vestibule_domain::{
    message::EventKind,
    secret::OpaqueToken,
    session::{Bearer, EndReason, Session, Subject},
};

use crate::{
    api::Caller,
    change::Change,
    policies::{
        lifetimes::LifetimePolicy,
        openings::{ATTEMPTS, ending, event, saved, unsettled},
        resolver::{Resolved, Resolver},
        viewer::Viewer,
    },
    ports::{Clock, CommitError, Committed, Seal, Seals, StoreError, UnitOfWork},
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
pub struct Outcome {
    /// The session.
    pub view: SessionView,
    /// Its token, if it is another one than was presented: a signed token names its user, and is worth nothing from now
    /// on. Whoever presented one gets an anonymous session under an opaque token in its place.
    pub replacement: Option<OpaqueToken>,
}

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
    /// For what takes the place of a session that was presented by a signed token.
    pub seals: Arc<dyn Seals>,
    /// How long an anonymous session lives.
    pub lifetimes: Arc<LifetimePolicy>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Signs the session out. One that is anonymous already stays as it is, and nothing is written.
    pub async fn run(&self, Command { caller, bearer }: Command) -> Result<Outcome, Error> {
        for _ in 0..ATTEMPTS {
            let Some(found) = self.resolver.resolve(&bearer, &caller.origin).await? else {
                self.unit.settled().await?;
                return Err(Error::UnknownSession);
            };
            let (session, replacement, changes) = match &bearer {
                Bearer::Opaque(_) if found.session.subject == Subject::Anonymous => (found.session, None, Vec::new()),
                Bearer::Opaque(_) => self.released(found, &caller),
                Bearer::Signed(_) => self.replaced(found, &caller),
            };
            match self.unit.commit(changes).await {
                Ok(Committed { newest }) => {
                    return Ok(Outcome { view: self.viewer.view_unowned(session, newest).await?, replacement });
                }
                // It changed meanwhile: look again.
                Err(CommitError::Conflict(_)) => {}
                Err(CommitError::Store(error)) => return Err(error.into()),
            }
        }
        Err(unsettled().into())
    }

    fn released(&self, found: Resolved, caller: &Caller) -> (Session, Option<OpaqueToken>, Vec<Change>) {
        let Resolved { mut session, kept } = found;
        let now = self.clock.now();
        // The log names whose session it was.
        let note = Change::Record(event(EventKind::SessionSignedOut, &session, caller, now));
        let expected_epoch = session.epoch;
        session.sign_out(self.lifetimes.of(&caller.origin), now);
        (session.clone(), None, vec![saved(session, kept, expected_epoch), note])
    }

    fn replaced(&self, found: Resolved, caller: &Caller) -> (Session, Option<OpaqueToken>, Vec<Change>) {
        let now = self.clock.now();
        let Session { origin, guard, device, .. } = found.session.clone();
        let expires = now.plus(self.lifetimes.of_sealed(&origin, false));
        let seal = Seal { origin, expires, setup: false, guard };
        let token = self.seals.seal(&seal);
        let session = seal.session(self.seals.session_id(&token), device, now);
        (session, Some(token), ending(found, EndReason::SignedOut, caller, now))
    }
}
