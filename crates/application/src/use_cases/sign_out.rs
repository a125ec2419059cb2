//! Takes a session from its subject: the session stays, anonymous, under the same token (seed 000, `signout`).

use thiserror::Error;
use vestibule_domain::session::Bearer;

use crate::{api::Caller, ports::StoreError, view::SessionView};

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
