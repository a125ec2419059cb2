//! Whoever only asks whose session it is does not wait until a hash has had its turn on the core.

#![cfg(target_os = "linux")]

use std::{fs, path::Path};

use vestibule_tests::Process;

/// In nanoseconds, of the thread of this directory; nothing where the system does not tell.
fn turn(thread: &Path) -> Option<u64> {
    let told = fs::read_to_string(thread.join("sched")).ok()?;
    let line = told.lines().find(|line| line.starts_with("se.slice"))?;
    line.split_once(':')?.1.trim().parse().ok()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn threads_that_answer_take_shorter_turns_than_those_that_hash() {
    let directory = tempfile::tempdir().unwrap();
    let process = Process::start(directory.path()).await;
    let (mut answering, mut hashing) = (Vec::new(), Vec::new());
    for thread in fs::read_dir(format!("/proc/{}/task", process.id())).unwrap() {
        let thread = thread.unwrap().path();
        let is_hasher = fs::read_to_string(thread.join("comm")).unwrap().trim() == "argon2";
        if is_hasher { &mut hashing } else { &mut answering }.push(turn(&thread));
    }
    assert!(!answering.is_empty() && !hashing.is_empty(), "{answering:?}, {hashing:?}");
    // Linux before 6.12 has no turns to tell of.
    if let Some(Some(usual)) = hashing.first() {
        assert!(*usual > 100_000, "{hashing:?}");
        assert!(answering.iter().all(|turn| *turn == Some(100_000)), "{answering:?}");
    }
}
