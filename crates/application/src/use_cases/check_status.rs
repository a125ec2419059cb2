//! Says whether the service can do its work. Needs no session and writes nothing (seed 004, `GET /session`).

use thiserror::Error;

use crate::ports::StoreError;

/// Check.
pub struct Command;

/// It can.
pub type Outcome = ();

/// It cannot.
#[derive(Debug, Error)]
pub enum Error {
    /// The store is away.
    #[error(transparent)]
    Store(#[from] StoreError),
}
