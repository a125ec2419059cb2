//! R1: what was acknowledged survives `kill -9`, and what was ended stays ended.

mod history;

use std::{
    collections::BTreeSet,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use history::{Client, History};
use tempfile::TempDir;
use tokio::{process::Command, task::JoinSet};
use vestibule_tests::{
    Chance, Process,
    places::{POSTGRES, storage_on},
    program,
};

use crate::sabotaged::sabotaged;

/// Clients that never rest until the service is gone.
const CLIENTS: usize = 4;

/// Operations that are acknowledged at least before each crash.
const LEAST: usize = 8;

/// A directory whose configuration keeps everything in one file: of SQLite, or of redb.
fn file_of(kind: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    configure(
        &directory,
        &format!("[storage]\nurl = \"{kind}://{}/data/vestibule.{kind}\"", directory.path().display()),
    );
    directory
}

fn configure(directory: &TempDir, storage: &str) {
    // Registrations come from one address here.
    let settings = format!("throttle.registrations_per_address = 100000\n{storage}\n");
    std::fs::write(directory.path().join("vestibule.toml"), settings).unwrap();
}

/// What came of some crashes.
#[derive(Debug, Default)]
struct Crashes {
    acknowledged: usize,
    lost: BTreeSet<String>,
}

/// Lets clients do whatever comes to their minds, kills the service in the midst of it, starts it again, and looks for
/// everything that was acknowledged; so often. `command` starts the service.
async fn crash(directory: &Path, mut chance: Chance, times: usize, command: impl Fn() -> Command) -> Crashes {
    let history = Arc::<History>::default();
    let mut clients: Vec<Client> = (0..CLIENTS).map(|number| Client::new(number, chance.fork())).collect();
    let mut lost = BTreeSet::new();
    for time in 0..times {
        let process = Process::spawn(command()).await;
        lost.extend(history.missing(&process.caller, time).await);
        let (mut working, before) = (JoinSet::new(), history.acknowledged());
        for client in clients.drain(..) {
            working.spawn(client.works_at(process.caller.clone(), Arc::clone(&history), time));
        }
        let patient_until = Instant::now() + Duration::from_secs(30);
        while history.acknowledged() < before + LEAST {
            assert!(Instant::now() < patient_until, "nothing is acknowledged");
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        tokio::time::sleep(Duration::from_millis(50 + chance.below(350) as u64)).await;
        process.kill().await;
        history.over(time);
        clients = working.join_all().await;
    }
    let process = Process::spawn(command()).await;
    lost.extend(history.missing(&process.caller, times).await);
    // Whatever became of what was not acknowledged, it does not change any more.
    let again = Process::command(program(), directory);
    process.kill().await;
    lost.extend(history.missing(&Process::spawn(again).await.caller, times).await);
    let crashes = Crashes { acknowledged: history.acknowledged(), lost };
    eprintln!("{times} crashes, {} acknowledged, {} lost", crashes.acknowledged, crashes.lost.len());
    crashes
}

async fn nothing_is_lost(directory: &TempDir, times: usize) {
    let directory = directory.path();
    let chance = Chance::of("r1");
    let crashes = crash(directory, chance, times, || Process::command(program(), directory)).await;
    assert!(crashes.lost.is_empty(), "{:?}", crashes.lost);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_what_was_acknowledged_outlives_a_kill_in_a_file() {
    nothing_is_lost(&file_of("sqlite"), 12).await;
    nothing_is_lost(&file_of("redb"), 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_what_was_acknowledged_outlives_a_kill_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let directory = tempfile::tempdir().unwrap();
    configure(&directory, &storage);
    nothing_is_lost(&directory, 6).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r1_acknowledging_before_the_commit_is_noticed() {
    let directory = file_of("sqlite");
    let command = || sabotaged("acknowledges-before-commit", directory.path());
    let crashes = crash(directory.path(), Chance::of("r1, sabotaged"), 6, command).await;
    assert!(!crashes.lost.is_empty(), "{} operations were acknowledged and none lost", crashes.acknowledged);
}

#[tokio::test]
async fn the_program_ends_in_good_order_when_it_is_asked_to() {
    for directory in ["sqlite", "redb"].map(file_of) {
        let process = Process::start(directory.path()).await;
        process.terminate().await;
        assert_eq!(process.ended().await, Some(0));
    }
}
