//! The storage contract.
#![expect(clippy::expect_used, reason = "a test that has no store fails")]

use vestibule_adapters_redb::RedbStore;
use vestibule_storage_contract::{Store, storage_contract};

async fn fresh() -> Store {
    let directory = tempfile::tempdir().expect("there is room for a directory");
    let store = RedbStore::open(directory.path().join("vestibule.redb")).await.expect("the file can be opened");
    Store::of(store).on(directory)
}

storage_contract!(fresh().await);
