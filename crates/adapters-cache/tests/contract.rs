//! The storage contract, with memory in front of a store.
#![expect(clippy::expect_used, reason = "a test that has no store fails")]

use std::{num::NonZeroUsize, sync::Arc};

use vestibule_adapters_cache::{Cached, Capacity};
use vestibule_application::ports::Stores;
use vestibule_storage_contract::{Store, storage_contract};

fn capacity(sessions: usize) -> Capacity {
    let sessions = NonZeroUsize::new(sessions).expect("it is not zero");
    Capacity { sessions, users: sessions }
}

fn cached(stores: Stores) -> Arc<Cached> {
    Arc::new(Cached::new(stores, capacity(1000)))
}

mod memory {
    use vestibule_adapters_db::MemoryStore;

    use super::*;

    storage_contract!(Store::from(cached(Stores::of(&Arc::new(MemoryStore::new()))).stores()));
}
