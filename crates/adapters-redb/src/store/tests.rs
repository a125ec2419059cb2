use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use redb::{StorageBackend, backends::InMemoryBackend};
use vestibule_application::{
    change::Change,
    ports::{Health, RoleStore, UnitOfWork},
};
use vestibule_domain::rights::RoleName;

use super::*;

/// A disk that may be full.
#[derive(Debug, Default)]
struct Disk {
    content: InMemoryBackend,
    is_full: Arc<AtomicBool>,
}

impl StorageBackend for Disk {
    fn len(&self) -> io::Result<u64> {
        self.content.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> io::Result<()> {
        self.content.read(offset, out)
    }

    fn set_len(&self, len: u64) -> io::Result<()> {
        self.content.set_len(len)
    }

    fn sync_data(&self) -> io::Result<()> {
        self.content.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> io::Result<()> {
        if self.is_full.load(Ordering::SeqCst) {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.content.write(offset, data)
    }
}

#[tokio::test]
async fn a_store_whose_disk_was_full_says_that_it_is_not_available() {
    let disk = Disk::default();
    let is_full = disk.is_full.clone();
    let database = Database::builder().create_with_backend(disk).unwrap();
    assert!(matches!(open::found(&database), Ok(open::Found::Nothing)));
    let store = RedbStore { database: Arc::new(database), turn: Arc::default() };
    store.ping().await.unwrap();
    let add = || vec![Change::AddRole(RoleName::parse("reader").unwrap())];

    is_full.store(true, Ordering::SeqCst);
    assert!(matches!(store.commit(add()).await, Err(CommitError::Store(StoreError::Unavailable(_)))));
    is_full.store(false, Ordering::SeqCst);
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))), "it takes no writes until it is reopened");
    assert!(store.commit(add()).await.is_err());
    assert!(RoleStore::all(&store).await.is_ok_and(|roles| roles.len() == 2), "what is in memory can be read");
}
