//! A process that is killed while it writes.

use std::{
    env,
    io::{BufRead as _, BufReader, Write as _},
    process::{Command, Stdio},
};

use tokio::task::JoinSet;

use super::*;

/// Where the process that is going to be killed writes.
const URL: &str = "VESTIBULE_TEST_KILLED_URL";
/// From which number on.
const FROM: &str = "VESTIBULE_TEST_KILLED_FROM";

/// R1, on the store alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_outlives_a_kill() {
    let place = Place::new();
    place.migrated().await;
    let mut acknowledged: Vec<u128> = Vec::new();
    for crash in 1..=5_u128 {
        let mut process = Command::new(env::current_exe().unwrap())
            .args(["--exact", "crashes::whoever_is_killed", "--ignored", "--nocapture"])
            .env(URL, place.url())
            .env(FROM, (1_000_000 * crash).to_string())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let enough = acknowledged.len() + 300 + 17 * crash as usize;
        for line in BufReader::new(process.stdout.take().unwrap()).lines() {
            // The test runner's own lines are no numbers.
            acknowledged.extend(line.unwrap().parse::<u128>());
            if acknowledged.len() == enough {
                process.kill().unwrap();
            }
        }
        process.wait().unwrap();
        let store = place.connect().await;
        for number in &acknowledged {
            assert!(SessionStore::by_id(&store, id(*number)).await.unwrap().is_some(), "session {number} is lost");
        }
        let messages = store.latest().await.unwrap();
        assert!(messages >= acknowledged.len() as u64, "{messages} messages of {}", acknowledged.len());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "writes until it is killed, by the test that starts it"]
async fn whoever_is_killed() {
    let (Ok(url), Ok(from)) = (env::var(URL), env::var(FROM)) else { return };
    let store = SeaOrmStore::connect(&url, ConnectOptions::default()).await.unwrap();
    let mut writers = JoinSet::new();
    for number in from.parse::<u128>().unwrap().. {
        let store = store.clone();
        writers.spawn(async move {
            store.commit(vec![begin(number), record()]).await.unwrap();
            writeln!(std::io::stdout(), "{number}").unwrap();
        });
        if writers.len() == 64 {
            writers.join_next().await.unwrap().unwrap();
        }
    }
}
