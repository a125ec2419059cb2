//! Tells of the session behind a token, and notes that it was seen.

use thiserror::Error;
use vestibule_domain::session::Bearer;

use crate::{api::Caller, ports::StoreError, view::SessionView};

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
