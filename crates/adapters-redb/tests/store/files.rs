//! Where a store is, who may read it, and what is not opened.

use super::*;

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let place = Place::filled().await;
    place.open().await.commit(vec![end(1)]).await.unwrap();

    let store = place.open().await;
    assert!(SessionStore::by_id(&store, id(1)).await.unwrap().unwrap().ended.is_some());
    assert_eq!(Installation::state(&store).await.unwrap(), SetupState::Configured);
    assert_eq!(UserStore::page(&store, None, 9).await.unwrap().len(), 1);
    assert_eq!(NodeStore::all(&store).await.unwrap().len(), 1);
    assert_eq!(ClientStore::all(&store).await.unwrap().len(), 1);
    assert!(LoginTokenStore::by_digest(&store, &DIGEST).await.unwrap().is_some());
    assert_eq!(store.latest().await.unwrap(), 1);
}

#[tokio::test]
async fn what_is_shipped_is_put_there_once() {
    let place = Place::new();
    let store = place.open().await;
    assert_eq!(RoleStore::all(&store).await.unwrap(), shipped_roles());
    assert_eq!(FormStore::all(&store).await.unwrap().len(), shipped_forms().len());
    let removed = shipped_forms().remove(0).name;
    store.commit(vec![Change::RemoveForm(removed.clone())]).await.unwrap();
    drop(store);
    assert_eq!(FormStore::by_name(&place.open().await, &removed).await.unwrap(), None);
}

#[cfg(unix)]
#[tokio::test]
async fn the_file_and_its_directory_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::filled().await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(place.path().parent().unwrap()), 0o700);
    assert_eq!(mode(&place.path()), 0o600);
    assert_eq!(std::fs::read_dir(place.path().parent().unwrap()).unwrap().count(), 1, "there is one file");
}

#[tokio::test]
async fn a_file_that_is_open_is_not_opened_again() {
    let place = Place::new();
    let store = place.open().await;
    let refused = RedbStore::open(place.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    let told = refused.to_string();
    assert!(told.contains("vestibule.redb is in use") && told.contains("stop the service"), "{told}");
    store.ping().await.unwrap();
    drop(store);
    place.open().await.ping().await.unwrap();
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_refused_and_left_alone() {
    let place = Place::filled().await;
    let version = TableDefinition::<(), u64>::new("schema");
    for (written, is_refused) in [(2, true), (1, false)] {
        let tx = place.foreign().begin_write().unwrap();
        tx.open_table(version).unwrap().insert((), written).unwrap();
        tx.commit().unwrap();
        match RedbStore::open(place.path()).await {
            Ok(_) => assert!(!is_refused),
            Err(OpenError::Newer { found, .. }) => assert!(is_refused && found == written),
            Err(other) => unreachable!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn a_file_that_holds_something_else_is_refused() {
    let place = Place::new();
    std::fs::create_dir(place.path().parent().unwrap()).unwrap();
    std::fs::write(place.path(), "this is not a database, however long it is read".repeat(200)).unwrap();
    let refused = RedbStore::open(place.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Database { .. }), "{refused:?}");

    std::fs::remove_file(place.path()).unwrap();
    let tx = place.foreign().begin_write().unwrap();
    tx.open_table(TableDefinition::<&str, u64>::new("inventory")).unwrap().insert("spoons", 12).unwrap();
    tx.commit().unwrap();
    let refused = RedbStore::open(place.path()).await.err().unwrap();
    assert!(matches!(refused, OpenError::Foreign { .. }), "{refused:?}");
}

#[tokio::test]
async fn a_file_where_none_can_be_made_is_told() {
    let place = Place::new();
    let file = place.directory.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = RedbStore::open(file.join("below.redb")).await.err().unwrap();
    assert!(matches!(refused, OpenError::File { .. }), "{refused:?}");
}
