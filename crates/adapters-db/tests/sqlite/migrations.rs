//! Making the tables.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_may_create_and_migrate_one_file_at_once() {
    let place = Arc::new(Place::new());
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let place = place.clone();
            tokio::spawn(async move { place.migrated().await })
        })
        .collect();
    for start in starts {
        let store = start.await.unwrap();
        assert_eq!(RoleStore::all(&store).await.unwrap(), shipped_roles());
        assert_eq!(FormStore::all(&store).await.unwrap().len(), shipped_forms().len());
        assert_eq!(Installation::state(&store).await.unwrap(), SetupState::Unconfigured);
    }
}

#[tokio::test]
async fn migrations_are_pending_until_they_are_applied_and_asking_writes_nothing() {
    let place = Place::new();
    let store = place.connect().await;
    for _ in 0..2 {
        assert_eq!(
            store.pending_migrations().await.unwrap(),
            ["m0001_begin", "m0002_budgets", "m0003_operators", "m0004_leases"]
        );
    }
    assert!(store.ping().await.is_err(), "there are no tables yet");
    assert!(Installation::state(&store).await.is_err(), "no tables is not the same as no users");
    store.migrate().await.unwrap();
    store.commit(everything()).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert_eq!(UserStore::page(&store, None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn tables_newer_than_the_program_are_refused() {
    let place = Place::new();
    let store = place.migrated().await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    place.foreign().await.execute_unprepared(newer).await.unwrap();
    assert!(store.pending_migrations().await.is_err());
    assert!(store.migrate().await.is_err());
}
