//! Every storage port on an SQL database, through SeaORM.
//!
//! Each table has a file under `entities` that maps its rows, and each group of ports a file with its reads and its
//! writes. [`unit_of_work`] sends each change where it belongs.

mod archive;
mod budgets;
mod clients;
mod connect;
pub(crate) mod entities;
mod error;
mod forms;
mod housekeeping;
mod installation;
mod login_tokens;
pub(crate) mod mapping;
mod messages;
#[cfg(feature = "mysql")]
mod mysql;
mod nodes;
pub(crate) mod pools;
#[cfg(feature = "postgres")]
mod postgres;
mod roles;
mod sessions;
#[cfg(feature = "sqlite")]
mod sqlite;
mod unit_of_work;
mod users;
#[cfg(feature = "sqlite")]
mod writer;

pub use budgets::SeaOrmBudgets;
pub use connect::{ConnectError, ConnectOptions};
pub use pools::PoolUse;
use sea_orm::DatabaseConnection;
#[cfg(feature = "unguarded")]
pub use unit_of_work::Unguarded;
use unit_of_work::Writes;

/// Keeps everything in an SQL database. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct SeaOrmStore {
    /// Where reads go.
    reads: DatabaseConnection,
    /// Where transactions go.
    writes: Writes,
}
