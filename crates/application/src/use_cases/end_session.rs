//! Ends a session, for ever and everywhere.

use thiserror::Error;
use vestibule_domain::session::Bearer;

use crate::{api::Caller, ports::StoreError};

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
