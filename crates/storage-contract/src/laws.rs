//! The laws, by what they are about. A name says what is demanded.
#![expect(
    missing_docs,
    clippy::missing_panics_doc,
    reason = "a law's name is its whole documentation, and it panics when it is broken"
)]

pub mod archive;
pub mod dropped;
pub mod endings;
pub mod housekeeping;
pub mod installation;
pub mod log;
pub mod networks;
pub mod pages;
pub mod races;
pub mod registry;
pub mod replacing;
pub mod roles;
pub mod sessions;
pub mod units;
pub mod users;
