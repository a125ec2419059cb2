//! The storage contract, on every store.
#![expect(clippy::expect_used, reason = "a test that has no store fails")]

use vestibule_application::ports::Stores;
use vestibule_storage_contract::{Store, budgets::Place, budgets_contract, storage_contract};

mod memory {
    use vestibule_adapters_db::MemoryStore;

    use super::*;

    storage_contract!(Store::of(MemoryStore::new()));

    mod budgets {
        use vestibule_adapters_db::MemoryBudgets;

        use super::*;

        budgets_contract!(Place::in_one_process(MemoryBudgets::new));
    }
}

#[cfg(feature = "sqlite")]
mod sqlite {
    use std::{path::Path, sync::Arc};

    use vestibule_adapters_db::{ConnectOptions, SeaOrmStore};

    use super::*;

    async fn open(directory: &Path) -> SeaOrmStore {
        let url = format!("sqlite://{}", directory.join("vestibule.db").display());
        let store = SeaOrmStore::connect(&url, ConnectOptions::default()).await.expect("the file can be opened");
        store.migrate().await.expect("the tables can be made");
        store
    }

    mod one_process {
        use super::*;

        async fn fresh() -> Store {
            let directory = tempfile::tempdir().expect("there is room for a directory");
            Store::of(open(directory.path()).await).on(directory)
        }

        storage_contract!(fresh().await);

        async fn place() -> Place {
            let directory = tempfile::tempdir().expect("there is room for a directory");
            let store = open(directory.path()).await;
            Place::shared(move |limits, clock| {
                let _kept = &directory;
                store.budgets(limits, clock)
            })
        }

        mod budgets {
            use super::*;

            budgets_contract!(place().await);
        }
    }

    /// What one process writes, another reads: as when a command is given while the service runs.
    mod two_processes {
        use super::*;

        async fn fresh() -> Store {
            let directory = tempfile::tempdir().expect("there is room for a directory");
            let writer = Arc::new(open(directory.path()).await);
            let reader = Stores::of(&Arc::new(open(directory.path()).await));
            Store::from(Stores { unit: writer.clone(), housekeeping: writer, ..reader }).on(directory)
        }

        storage_contract!(fresh().await);
    }
}
