//! Where a store is, and who may read it.

use super::*;

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(everything()).await.unwrap();
    store.commit(vec![end(1)]).await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))), "a closed store is not available");
    drop(store);

    let store = place.connect().await;
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert!(SessionStore::by_id(&store, id(1)).await.unwrap().unwrap().ended.is_some());
    assert_eq!(Installation::state(&store).await.unwrap(), SetupState::Configured);
    assert_eq!(UserStore::page(&store, None, 9).await.unwrap().len(), 1);
    assert_eq!(NodeStore::all(&store).await.unwrap().len(), 1);
    assert_eq!(ClientStore::all(&store).await.unwrap().len(), 1);
    assert!(LoginTokenStore::by_digest(&store, &DIGEST).await.unwrap().is_some());
    assert_eq!(store.latest().await.unwrap(), 1);
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let store = place.migrated().await;
    store.commit(vec![begin(1)]).await.unwrap();
    let data = place.path().parent().unwrap().to_owned();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<PathBuf> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "the database, its log and the log's index: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_path_may_have_any_characters() {
    let place = Place::new();
    let url = format!("sqlite://{}/with%20blank%3F%23/%C5%BC.db", place.directory.path().display());
    SeaOrmStore::connect(&url, ConnectOptions::default()).await.unwrap().migrate().await.unwrap();
    assert!(place.directory.path().join("with blank?#/ż.db").exists());
}

#[tokio::test]
async fn only_absolute_paths_are_opened() {
    for url in [
        "sqlite::memory:",
        "sqlite://",
        "sqlite:relative.db",
        "sqlite://relative.db",
        "sqlite:///tmp/x.db?mode=memory",
        "sqlite:///tmp/x.db?mode=ro",
        "sqlite:///tmp/x.db?immutable=1",
    ] {
        let refused = SeaOrmStore::connect(url, ConnectOptions::default()).await.err();
        assert!(matches!(refused, Some(ConnectError::NotAPath)), "{url}: {refused:?}");
    }
}

/// TX-12.
#[tokio::test]
async fn an_error_names_the_place_and_never_the_url() {
    let place = Place::new();
    let file = place.directory.path().join("file");
    std::fs::write(&file, "this is not a database, however long it is read").unwrap();
    let urls = [
        "oracle://scott:tiger@host/db".to_owned(),
        "scott.tiger@host".to_owned(),
        format!("sqlite://{}/below.db", file.display()),
        format!("sqlite://{}", file.display()),
    ];
    let mut told = Vec::new();
    for url in urls {
        let error = SeaOrmStore::connect(&url, ConnectOptions::default()).await.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("tiger@"), "{error:?}");
        told.push(error.to_string());
    }
    assert_eq!(told[0], "storage of the kind `oracle` is not supported");
    assert!(told[1].starts_with("a storage URL begins with"));
    assert_eq!(told[2], format!("cannot create {}/below.db", file.display()));
    assert_eq!(told[3], format!("cannot open the database at {}", file.display()));
}
