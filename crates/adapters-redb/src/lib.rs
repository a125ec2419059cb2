//! Storage for everything in one embedded key-value file, through redb: [`RedbStore`].
//!
//! Nothing here decides anything that a use case decides; what each port promises is written at the port and checked by
//! `vestibule-storage-contract`. Start with `store` for how reads and writes run, then `sessions` for the longest of
//! the modules that implement a port each; `tables` is all that speaks to redb's tables, `rows` what is in them.

mod archive;
mod clients;
mod forms;
mod housekeeping;
mod installation;
mod login_tokens;
mod messages;
mod nodes;
mod open;
mod roles;
mod rows;
mod sessions;
mod store;
mod tables;
mod unit_of_work;
mod users;

pub use self::{open::OpenError, store::RedbStore};
