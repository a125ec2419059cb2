//! Sessions in memory, for a process that has its store to itself, or follows what others write to it.
//!
//! [`Cached`] is a decorator of the storage ports: it answers the reads that every request makes from memory, exactly
//! as the store would, and leaves every other port alone. It must never accept what the store would refuse: a unit that
//! is being committed takes what it changes out of use *before* the store hears of it, until the store has answered.
//!
//! While another process has the store's file open, memory proves nothing: [`Tenure`] lets every read through then. On a
//! server's database others are always there: [`Followed`] asks the message log at each read, and nothing else unless
//! something has changed; or not even that, while all others wait for it to hear what they write ([`Heard`], [`Keeper`]).
//!
//! Start reading in [`Cached`]; `stamps` is why it is right, `follower` why it may be with others there, `kept` why times may
//! move in place, `newest` why nobody has to ask for the newest message after each unit, and `cached/units` why not for who has
//! just come in.

mod aside;
mod cached;
mod common;
mod compact;
#[cfg(test)]
mod fixtures;
mod followed;
mod follower;
mod heard;
mod index;
mod kept;
mod lease;
mod newest;
pub mod room;
mod stamps;
mod tally;
mod tenure;
mod users;

pub use cached::{Cached, Capacity};
pub use followed::Followed;
pub use heard::Heard;
pub use lease::Keeper;
pub use tally::UseMade;
pub use tenure::Tenure;
