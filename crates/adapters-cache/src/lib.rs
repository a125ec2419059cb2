//! Sessions in memory, for a process that has its store to itself.
//!
//! [`Cached`] is a decorator of the storage ports: it answers the reads that every request makes from memory, exactly
//! as the store would, and leaves every other port alone. It must never accept what the store would refuse: a unit that
//! is being committed takes what it changes out of use *before* the store hears of it, until the store has answered.
//!
//! While another process has the store open, memory proves nothing: [`Tenure`] lets every read through then.
//!
//! Start reading in [`Cached`]; `stamps` is why it is right, and `kept` why times may move in place.

mod cached;
mod common;
mod compact;
mod kept;
pub mod room;
mod stamps;
mod tally;
mod tenure;

pub use cached::{Cached, Capacity};
pub use tally::UseMade;
pub use tenure::Tenure;
