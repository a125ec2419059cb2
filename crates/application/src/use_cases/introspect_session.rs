//! Tells a program with an API token what a session's token is worth (RFC 7662), and notes that the session was seen.

#[cfg(test)]
mod tests;

use std::{
    net::{IpAddr, Ipv4Addr},
    sync::Arc,
};

use thiserror::Error;
use vestibule_domain::{client::ClientName, secret::OpaqueToken, session::Bearer};

use crate::{
    api::Caller,
    policies::{callers::Callers, verifier::Verifier},
    ports::StoreError,
    view::SessionView,
};

/// Tell what the token is worth.
pub struct Command {
    /// Who asks: the program.
    pub caller: Caller,
    /// The program's API token, if it presented one.
    pub api_token: Option<OpaqueToken>,
    /// Whose API token it says that is, if it says so.
    pub client: Option<ClientName>,
    /// The token in question; nothing if it has not the form of one.
    pub bearer: Option<Bearer>,
}

/// Somebody's live session, or nothing.
pub type Outcome = Option<SessionView>;

/// Why nothing is told.
#[derive(Debug, Error)]
pub enum Error {
    /// The API token is missing, unknown, expired, revoked, or another program's.
    #[error("the API token is missing or not accepted")]
    UnknownClient,
    /// The store failed: the token may be worth something or not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Tells.
pub struct UseCase {
    /// Programs.
    pub callers: Arc<Callers>,
    /// Finds the session.
    pub verifier: Arc<Verifier>,
}

/// From where the session's holder came to the program is not known here: from inside of no network.
const UNKNOWN: IpAddr = IpAddr::V4(Ipv4Addr::UNSPECIFIED);

impl UseCase {
    /// Tells what the token is worth.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let client = self.callers.client(command.api_token.as_ref()).await?.ok_or(Error::UnknownClient)?;
        if command.client.is_some_and(|name| name != client.name) {
            return Err(Error::UnknownClient);
        }
        let Some(bearer) = command.bearer else { return Ok(None) };
        Ok(self.verifier.verify(&bearer, UNKNOWN).await?)
    }
}
