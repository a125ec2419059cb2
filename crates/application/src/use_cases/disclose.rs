//! Decides whether a caller may be told if an account exists, within a budget per address and one for everybody.

use crate::api::Caller;

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
