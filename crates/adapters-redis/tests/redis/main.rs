//! Sessions in Redis beside another store: on one server, and on a cluster.
//!
//! `cargo xtask test` starts the servers and says where they are. Without them these tests say that they did nothing;
//! where `CI` is set they fail instead.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]
#![recursion_limit = "256"]

mod halves;
mod losses;
mod own_server;
mod place;
mod sessions;

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use place::{CLUSTER, ONE, Place};
use vestibule_adapters_db::{ConnectOptions, MemoryStore, SeaOrmStore};
use vestibule_application::ports::Stores;
use vestibule_storage_contract::{Store, budgets_contract, storage_contract};

/// Budgets of two processes on a server; ends the test if there is none.
macro_rules! counting {
    ($server:expr) => {{
        let Some(place) = Place::on($server) else { return };
        let base = Stores::of(&Arc::new(MemoryStore::new()));
        let stores = [place.beside(&base).await, place.beside(&base).await];
        let next = AtomicUsize::new(0);
        vestibule_storage_contract::budgets::Place::shared(move |limits, clock| {
            stores[next.fetch_add(1, Ordering::Relaxed) % 2].budgets(limits, clock)
        })
    }};
}

mod one_server {
    use super::*;

    async fn fresh(place: &Place) -> Store {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("vestibule.db").display());
        let base = SeaOrmStore::connect(&url, ConnectOptions::default()).await.unwrap();
        base.migrate().await.unwrap();
        Store::from(place.beside(&Stores::of(&Arc::new(base))).await.stores()).on(directory)
    }

    storage_contract!({
        let Some(place) = Place::on(ONE) else { return };
        fresh(&place).await
    });

    mod budgets {
        use super::*;

        budgets_contract!(counting!(ONE));
    }
}

mod cluster {
    use super::*;

    /// What one node of the service writes, another reads.
    async fn fresh(place: &Place) -> Store {
        let base = Stores::of(&Arc::new(MemoryStore::new()));
        let writer = place.beside(&base).await.stores();
        let reader = place.beside(&base).await.stores();
        Store::from(Stores { unit: writer.unit, housekeeping: writer.housekeeping, ..reader })
    }

    storage_contract!({
        let Some(place) = Place::on(CLUSTER) else { return };
        fresh(&place).await
    });

    mod budgets {
        use super::*;

        budgets_contract!(counting!(CLUSTER));
    }
}
