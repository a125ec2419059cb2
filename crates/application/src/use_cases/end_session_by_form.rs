//! Ends a session for a program that names a form configuration (seed 002).

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    form::{FormAction, FormName},
    secret::OpaqueToken,
    session::Bearer,
};

use super::end_session;
use crate::{api::Caller, policies::callers::Callers, ports::StoreError};

/// End the session by form.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The program's API token, if it presented one.
    pub api_token: Option<OpaqueToken>,
    /// Which form configuration; nothing if none was named, or a name that none can have.
    pub form: Option<FormName>,
    /// The session's token, if one came with the request. That it is not accepted is no error: there is nothing to end.
    pub bearer: Option<Bearer>,
}

/// There is no such session any more.
pub type Outcome = ();

/// Why nothing was done.
#[derive(Debug, Error)]
pub enum Error {
    /// The API token is missing, unknown, expired or revoked.
    #[error("the API token is missing or not accepted")]
    UnknownClient,
    /// There is no such form configuration, or it is for another action.
    #[error("there is no such form configuration for this action")]
    UnusableForm,
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

/// Ends.
pub struct UseCase {
    /// Programs and forms.
    pub callers: Arc<Callers>,
    /// Ends the session.
    pub end_session: Arc<end_session::UseCase>,
}

impl UseCase {
    /// Ends the session, if there is one.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        if self.callers.client(command.api_token.as_ref()).await?.is_none() {
            return Err(Error::UnknownClient);
        }
        self.callers.form(command.form.as_ref(), FormAction::Delete).await?.ok_or(Error::UnusableForm)?;
        let Some(bearer) = command.bearer else { return Ok(()) };
        match self.end_session.run(end_session::Command { caller: command.caller, bearer }).await {
            Ok(()) | Err(end_session::Error::UnknownSession) => Ok(()),
            Err(end_session::Error::Throttled { retry_after }) => Err(Error::Throttled { retry_after }),
            Err(end_session::Error::Store(error)) => Err(error.into()),
        }
    }
}
