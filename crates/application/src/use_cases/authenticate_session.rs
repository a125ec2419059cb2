//! Gives an existing session to a user, under the token it has (seed 000, `authenticate`).

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    secret::{OpaqueToken, Password},
    session::{Bearer, DeviceName, Session},
    user::Login,
};

use super::sign_out;

use crate::{
    api::{Binding, Caller},
    policies::{
        gate::{Denied, Gate},
        openings::{OpenError, Opening, Openings, Target},
        resolver::Resolver,
        viewer::Viewer,
    },
    ports::{StoreError, Tokens},
    view::SessionView,
};

/// What the session is given to.
#[derive(Clone)]
pub enum Credentials {
    /// The user of this login and password.
    Password {
        /// Who.
        login: Login,
        /// The proof.
        password: Password,
    },
    /// Nobody: the session is and stays what it is if anonymous, and is signed out if not.
    Nobody,
}

/// Authenticate the session.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The session's token.
    pub bearer: Bearer,
    /// Whose it is to be.
    pub credentials: Credentials,
    /// On what device, if the session has none on record.
    pub device: DeviceName,
    /// What must be proven of the browser.
    pub binding: Binding,
    /// Whether the session gets a new token.
    pub rotate: bool,
}

/// The session as it is now.
pub struct Outcome {
    /// The session.
    pub view: SessionView,
    /// Its new token, if it got one.
    pub rotated: Option<OpaqueToken>,
}

/// Why the session is as it was.
#[derive(Debug, Error)]
pub enum Error {
    /// No live session has this token. Found out before any credential is looked at.
    #[error("no live session has this token")]
    UnknownSession,
    /// The browser is not the one in which the session was begun. Found out before any credential is looked at.
    #[error("the session was begun in another browser")]
    OtherBrowser,
    /// No user has this login.
    #[error("no user has this login")]
    UnknownLogin,
    /// It is not this user's password.
    #[error("wrong password")]
    WrongPassword,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// Too many attempts failed.
    #[error("too many failed attempts")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many logins are under way.
    #[error("too many logins are under way")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::UnknownLogin => Self::UnknownLogin,
            Denied::WrongPassword => Self::WrongPassword,
            Denied::Disabled => Self::Disabled,
            Denied::Throttled { retry_after } => Self::Throttled { retry_after },
            Denied::Overloaded { retry_after } => Self::Overloaded { retry_after },
            Denied::Store(error) => Self::Store(error),
        }
    }
}

/// Authenticates.
pub struct UseCase {
    /// Accepts tokens.
    pub resolver: Arc<Resolver>,
    /// Checks credentials.
    pub gate: Arc<Gate>,
    /// Gives the session away.
    pub openings: Arc<Openings>,
    /// For nobody's credentials.
    pub sign_out: Arc<sign_out::UseCase>,
    /// Guard tags.
    pub tokens: Arc<dyn Tokens>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Authenticates the session, or leaves it as it was.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let Command { caller, bearer, credentials, device, binding, rotate } = command;
        let found = self.resolver.resolve(&bearer, &caller.origin).await?.ok_or(Error::UnknownSession)?;
        if !self.is_bound(&found.session, &binding) {
            return Err(Error::OtherBrowser);
        }
        let (login, password) = match credentials {
            Credentials::Password { login, password } => (login, password),
            Credentials::Nobody => return self.release(sign_out::Command { caller, bearer }).await,
        };
        let admitted = self.gate.admit(&login, &password, &caller, None).await?;
        let (presented, address) = (bearer.clone(), caller.address);
        let opening = Opening {
            caller,
            device,
            subject: admitted.subject,
            is_backoffice: admitted.is_backoffice,
            target: Target::This { bearer, rotate },
            conditions: admitted.conditions,
            is_noted: admitted.is_noted,
        };
        let opened = self.openings.open(&opening).await.map_err(|error| match error {
            // The user's password changed, or the user was disabled, while it was checked.
            OpenError::Condition(_) => Error::WrongPassword,
            OpenError::UnknownSession => Error::UnknownSession,
            OpenError::Store(error) => Error::Store(error),
        })?;
        let kept = matches!(&presented, Bearer::Opaque(token) if *token == opened.token);
        let view = self.viewer.view(opened.session, address, opened.newest).await?.ok_or(Error::Disabled)?;
        Ok(Outcome { view, rotated: (!kept).then_some(opened.token) })
    }

    fn is_bound(&self, session: &Session, binding: &Binding) -> bool {
        match binding {
            Binding::Free => true,
            Binding::Browser(None) => false,
            Binding::Browser(Some(guard)) => session.guard == Some(self.tokens.guard_tag(guard)),
        }
    }

    async fn release(&self, command: sign_out::Command) -> Result<Outcome, Error> {
        match self.sign_out.run(command).await {
            Ok(sign_out::Outcome { view, replacement }) => Ok(Outcome { view, rotated: replacement }),
            Err(sign_out::Error::UnknownSession) => Err(Error::UnknownSession),
            Err(sign_out::Error::Store(error)) => Err(Error::Store(error)),
        }
    }
}
