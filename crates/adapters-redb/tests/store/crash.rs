//! Another process has the file, and ends by `kill -9`.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, Command, Stdio},
};

use super::*;

const PATH: &str = "VESTIBULE_TEST_REDB_PATH";

/// Begins sessions for ever, and says which of them were acknowledged.
#[tokio::test]
#[ignore = "what the other tests here run as another process"]
async fn another_process() {
    let store = RedbStore::open(std::env::var_os(PATH).unwrap()).await.unwrap();
    for number in 1.. {
        store.commit(vec![begin(number), record()]).await.unwrap();
        writeln!(std::io::stdout(), "acknowledged {number}").unwrap();
    }
}

/// Another process that has acknowledged so many sessions.
fn start(place: &Place, acknowledged: u128) -> (Child, impl Iterator<Item = u128>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--ignored", "--exact", "crash::another_process"])
        .env(PATH, place.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let mut numbers = lines.filter_map(|line| line.strip_prefix("acknowledged ")?.parse().ok());
    assert!(numbers.any(|number| number == acknowledged));
    (child, numbers)
}

#[tokio::test]
async fn what_was_acknowledged_survives_a_kill() {
    let place = Place::new();
    let (mut child, numbers) = start(&place, 20);
    child.kill().unwrap();
    let last = numbers.last().unwrap_or(20);
    child.wait().unwrap();

    let store = place.open().await;
    for number in 1..=last {
        assert!(SessionStore::by_id(&store, id(number)).await.unwrap().is_some(), "{number} of {last}");
    }
    // One more may have been written without its acknowledgement having been read; never half of one.
    let sessions = store.latest().await.unwrap();
    assert_eq!(SessionStore::by_id(&store, id(u128::from(sessions) + 1)).await.unwrap(), None);
    assert!(SessionStore::by_id(&store, id(u128::from(sessions))).await.unwrap().is_some());
    store.commit(vec![begin(u128::MAX)]).await.unwrap();
}

#[tokio::test]
async fn a_file_that_another_process_has_open_is_not_opened() {
    let place = Place::new();
    let (mut child, _) = start(&place, 1);
    let refused = RedbStore::open(place.path()).await.err().unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(matches!(refused, OpenError::InUse { .. }), "{refused:?}");
    place.open().await.ping().await.unwrap();
}
