//! Decides whether a caller may be told if an account exists, within a budget per address and one for everybody.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use crate::{
    api::Caller,
    ports::{Bucket, Budgets},
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
    /// The budget is spent: answer as if nothing could be known.
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
        let buckets = [Bucket::DisclosureTo(command.caller.address), Bucket::Disclosure];
        self.budgets.charge(&buckets).await.map_or(Outcome::Withheld, |()| Outcome::Granted)
    }
}
