//! The storage contract, on Redis beside a store in memory: one server, and a cluster.
//!
//! `cargo xtask test` starts the servers and says where they are. Without them these tests say that they did nothing;
//! where `CI` is set they fail instead.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![recursion_limit = "256"]

mod place;

use place::{CLUSTER, ONE, Place};
use vestibule_storage_contract::{Store, storage_contract};

/// The expression of a fresh store on a server; ends the test if there is no such server.
macro_rules! fresh {
    ($server:expr) => {{
        let Some(place) = Place::on($server) else { return };
        Store::from(place.store().await.stores())
    }};
}

mod one_server {
    use super::*;

    storage_contract!(fresh!(ONE));
}

mod cluster {
    use super::*;

    storage_contract!(fresh!(CLUSTER));
}
