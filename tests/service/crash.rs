//! What was acknowledged survives `kill -9`, and what was ended stays ended.

use std::path::Path;

use tempfile::TempDir;
use vestibule_tests::Process;

/// Two directories whose configuration keeps everything in one file: of SQLite, and of redb.
fn places() -> [TempDir; 2] {
    ["sqlite", "redb"].map(|kind| {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("{kind}://{}/data/vestibule.{kind}", directory.path().display());
        std::fs::write(directory.path().join("vestibule.toml"), format!("storage.url = \"{url}\"\n")).unwrap();
        directory
    })
}

async fn is_live(process: &Process, token: &str) -> bool {
    let answer = process.caller.get(&format!("/api/session?token={token}")).await;
    answer.status == 200 && answer.json()["authenticated"] == true
}

#[tokio::test]
async fn users_and_sessions_outlive_a_kill_and_ended_sessions_do_not() {
    for directory in places() {
        outlive_kills(directory.path()).await;
    }
}

async fn outlive_kills(directory: &Path) {
    let mut expected: Vec<(String, bool)> = Vec::new();
    for round in 0..5 {
        let process = Process::start(directory).await;
        for (token, live) in &expected {
            assert_eq!(is_live(&process, token).await, *live, "{}, round {round}", directory.display());
        }
        let email = format!("user{round}@example.com");
        let credentials = [("email", email.as_str()), ("password", "kot na dachu")];
        let caller = &process.caller;
        let token = caller.post_form("/session/register/", &credentials).await.text("/session_key");
        let second = caller.post_form("/session/login/", &credentials).await.text("/session_key");
        let anonymous = caller.get("/session/start/").await.text("/session_key");
        for ended in [&second, &anonymous] {
            assert_eq!(caller.get(&format!("/session/logout/?session_key={ended}")).await.status, 200);
        }
        process.kill().await;
        expected.extend([(token, true), (second, false), (anonymous, false)]);
    }
}

#[tokio::test]
async fn the_program_ends_in_good_order_when_it_is_asked_to() {
    for directory in places() {
        let process = Process::start(directory.path()).await;
        process.terminate().await;
        assert_eq!(process.ended().await, Some(0));
    }
}
