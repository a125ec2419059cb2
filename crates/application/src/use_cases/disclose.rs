//! Decides whether a caller may be told if an account exists, within a budget per address and one for everybody.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use vestibule_domain::network::Network;

use crate::{
    api::Caller,
    ports::{Bucket, Budgets, NotCharged},
};

/// May this caller be told?
pub struct Command {
    /// Who asks.
    pub caller: Caller,
}

/// Whether they may.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// They may.
    Granted,
    /// The budget is spent, or cannot be counted: answer as if nothing could be known.
    Withheld,
}

/// Decides.
pub struct UseCase {
    /// The budgets.
    pub budgets: Arc<dyn Budgets>,
}

impl UseCase {
    /// Decides, and charges what it grants.
    pub async fn run(&self, command: Command) -> Outcome {
        let buckets = [Bucket::DisclosureTo(Network::of(command.caller.address)), Bucket::Disclosure];
        match self.budgets.charge(&buckets).await {
            Ok(()) => Outcome::Granted,
            Err(NotCharged::Spent { .. }) => Outcome::Withheld,
            Err(NotCharged::Store(error)) => {
                // Whoever cannot count tells nothing.
                tracing::error!("cannot count disclosures: {error}");
                Outcome::Withheld
            }
        }
    }
}
