use std::{collections::BTreeSet, thread};

use super::*;

fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

#[test]
fn a_missing_file_is_created_for_its_owner_only_and_read_again() {
    let directory = directory();
    let path = directory.path().join("master.key");
    let made = MasterKey::load_or_create(&path).unwrap_or_else(|error| panic!("{error}"));
    let read = MasterKey::load_or_create(&path).unwrap_or_else(|error| panic!("{error}"));
    assert!(made.0 == read.0);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 1, "a draft was left behind");
}

#[test]
fn processes_that_create_the_file_at_once_get_the_same_key() {
    let directory = directory();
    let path = directory.path().join("master.key");
    let keys: BTreeSet<[u8; 32]> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(|| MasterKey::load_or_create(&path))).collect();
        threads.into_iter().map(|thread| *thread.join().unwrap().unwrap_or_else(|error| panic!("{error}")).0).collect()
    });
    assert_eq!(keys.len(), 1);
}

#[test]
fn anything_but_a_key_is_refused_by_an_error_that_names_the_file() {
    let directory = directory();
    let path = directory.path().join("master.key");
    for content in ["", "abc", &"g".repeat(64), &"0123".repeat(17), &"é".repeat(32), &"00".repeat(32), &"ab".repeat(32)]
    {
        fs::write(&path, content).unwrap();
        let error = MasterKey::load_or_create(&path).err().unwrap_or_else(|| panic!("{content:?} was taken"));
        assert!(error.to_string().contains("master.key"), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), content, "the file was changed");
    }
}

#[test]
fn a_directory_that_is_not_there_is_named() {
    let directory = directory();
    let path = directory.path().join("nowhere/master.key");
    let error = MasterKey::load_or_create(&path).err().unwrap();
    assert!(matches!(error, KeyError::Uncreatable { .. }) && error.to_string().contains("nowhere"), "{error}");
}

#[test]
fn upper_case_digits_and_a_line_ending_are_read() {
    let directory = directory();
    let path = directory.path().join("master.key");
    fs::write(&path, format!("{}\r\n", "0A".repeat(31) + "0b")).unwrap();
    let mut expected = [0x0a; 32];
    expected[31] = 0x0b;
    assert!(*MasterKey::load_or_create(&path).unwrap_or_else(|error| panic!("{error}")).0 == expected);
}

#[test]
fn every_purpose_has_a_key_of_its_own() {
    let key = MasterKey::from_bytes([7; 32]);
    let purposes = [Purpose::Sealing, Purpose::SessionIds, Purpose::Signing, Purpose::GuardTags];
    let derived: BTreeSet<[u8; 32]> = purposes.map(|purpose| *key.derive(purpose)).into();
    assert_eq!(derived.len(), purposes.len());
    assert!(key.derive(Purpose::Sealing) == MasterKey::from_bytes([7; 32]).derive(Purpose::Sealing));
    assert!(key.derive(Purpose::Sealing) != MasterKey::random().derive(Purpose::Sealing));
}
