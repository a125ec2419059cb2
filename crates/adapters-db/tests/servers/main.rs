//! The stores that are servers: PostgreSQL, and MySQL or MariaDB.
//!
//! `cargo xtask test` starts the servers and says where they are. Without them these tests say that they did nothing;
//! where `CI` is set they fail instead.
#![cfg(any(feature = "postgres", feature = "mysql"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod server;
mod together;

#[cfg(feature = "postgres")]
mod hang_up;

use server::{MYSQL, POSTGRES, Place};
use vestibule_storage_contract::{Store, storage_contract};

/// The expression of a fresh store on a server; ends the test if there is no such server.
macro_rules! fresh {
    ($server:expr) => {{
        let Some(place) = Place::on($server).await else { return };
        Store::of(place.migrated().await)
    }};
}

#[cfg(feature = "postgres")]
mod postgres {
    use super::*;

    storage_contract!(fresh!(POSTGRES));
}

#[cfg(feature = "mysql")]
mod mysql {
    use super::*;

    storage_contract!(fresh!(MYSQL));
}
