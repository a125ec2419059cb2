//! Storage: [`SeaOrmStore`] keeps everything in an SQL database, [`MemoryStore`] in memory, [`MemoryBudgets`] and
//! [`SeaOrmBudgets`] count attempts.
//!
//! Nothing here decides anything that a use case decides; what each port promises is written at the port and checked by
//! `vestibule-storage-contract`. Start with the memory store: it is the contract in its shortest form.

mod attempts;
mod memory;
mod migrations;
mod sea_orm;

pub use memory::{MemoryBudgets, MemoryStore};

#[cfg(feature = "unguarded")]
pub use self::sea_orm::Unguarded;
pub use self::sea_orm::{ConnectError, ConnectOptions, PoolUse, SeaOrmBudgets, SeaOrmStore};
