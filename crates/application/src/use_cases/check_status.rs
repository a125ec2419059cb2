//! Says whether the service can do its work. Needs no session and writes nothing (seed 004, `GET /session`).

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;

use crate::ports::{Health, StoreError};

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

/// Checks.
pub struct UseCase {
    /// The store's health.
    pub health: Arc<dyn Health>,
}

impl UseCase {
    /// Checks.
    pub async fn run(&self, Command: Command) -> Result<Outcome, Error> {
        Ok(self.health.ping().await?)
    }
}
