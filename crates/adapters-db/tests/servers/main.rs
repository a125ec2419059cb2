//! The stores that are servers: PostgreSQL, and MySQL or MariaDB.
//!
//! `cargo xtask test` starts the servers and says where they are. Without them these tests say that they did nothing;
//! where `CI` is set they fail instead.
#![cfg(all(feature = "postgres", feature = "mysql"))]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod hang_up;
mod server;
mod together;

use std::sync::atomic::{AtomicUsize, Ordering};

use server::{MYSQL, POSTGRES, Place};
use vestibule_storage_contract::{Store, budgets_contract, leases_contract, storage_contract};

/// The expression of a fresh store on a server; ends the test if there is no such server.
macro_rules! fresh {
    ($server:expr) => {{
        let Some(place) = Place::on($server).await else { return };
        Store::of(place.migrated().await).on(place)
    }};
}

/// The same of budgets of two processes there.
macro_rules! counting {
    ($server:expr) => {{
        let Some(place) = Place::on($server).await else { return };
        let stores = [place.migrated().await, place.connect().await];
        let next = AtomicUsize::new(0);
        vestibule_storage_contract::budgets::Place::shared(move |limits, clock| {
            let _there_as_long_as_this = &place;
            stores[next.fetch_add(1, Ordering::Relaxed) % 2].budgets(limits, clock)
        })
    }};
}

/// And of leases.
macro_rules! leased {
    ($server:expr) => {{
        let Some(place) = Place::on($server).await else { return };
        let (here, there) = (place.migrated().await, place.connect().await);
        vestibule_storage_contract::leases::Place::shared(here, there, place)
    }};
}

mod postgres {
    use super::*;

    storage_contract!(fresh!(POSTGRES));

    mod budgets {
        use super::*;

        budgets_contract!(counting!(POSTGRES));
    }

    mod leases {
        use super::*;

        leases_contract!(leased!(POSTGRES));
    }
}

mod mysql {
    use super::*;

    storage_contract!(fresh!(MYSQL));

    mod budgets {
        use super::*;

        budgets_contract!(counting!(MYSQL));
    }

    mod leases {
        use super::*;

        leases_contract!(leased!(MYSQL));
    }
}
