//! The stores that are servers: PostgreSQL, and MySQL or MariaDB.
//!
//! `cargo xtask test` starts the servers and says where they are. Without them these tests say that they did nothing;
//! where `CI` is set they fail instead.
#![cfg(all(feature = "postgres", feature = "mysql"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hang_up;
mod server;
mod together;

use server::{MYSQL, POSTGRES, Place};
use vestibule_storage_contract::{Store, storage_contract};

/// The expression of a fresh store on a server; ends the test if there is no such server.
macro_rules! fresh {
    ($server:expr) => {{
        let Some(place) = Place::on($server).await else { return };
        Store::of(place.migrated().await)
    }};
}

mod postgres {
    use super::*;

    storage_contract!(fresh!(POSTGRES));
}

mod mysql {
    use super::*;

    storage_contract!(fresh!(MYSQL));
}
