//! What was acknowledged survives `kill -9`, and what was ended stays ended.

use std::{path::Path, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};
use vestibule_tests::program;

/// The program itself, as its users run it.
struct Process {
    child: Child,
    url: String,
}

impl Process {
    async fn start(directory: &Path, store: &str) -> Self {
        let mut child = Command::new(program())
            .current_dir(directory)
            .env("VESTIBULE__STORAGE__URL", store)
            .env("VESTIBULE__SERVER__LISTEN", "127.0.0.1:0")
            .env("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "64")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap().expect("it says where it listens");
            if let Some(url) = line.strip_prefix("listening on ") {
                return Self { child, url: url.to_owned() };
            }
        }
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Value {
        let request = reqwest::Client::new().post(format!("{}{path}", self.url)).form(fields);
        request.send().await.unwrap().json().await.unwrap()
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        reqwest::get(format!("{}{path}", self.url)).await.unwrap()
    }

    async fn is_live(&self, token: &str) -> bool {
        let answer = self.get(&format!("/api/session?token={token}")).await;
        answer.status() == 200 && answer.json::<Value>().await.unwrap()["authenticated"] == json!(true)
    }
}

/// The stores that are files.
fn stores(directory: &Path) -> [String; 2] {
    ["sqlite", "redb"].map(|kind| format!("{kind}://{}/data/vestibule.{kind}", directory.display()))
}

#[tokio::test]
async fn users_and_sessions_outlive_a_kill_and_ended_sessions_do_not() {
    let directory = tempfile::tempdir().unwrap();
    for store in stores(directory.path()) {
        outlives_kills(directory.path(), &store).await;
    }
}

async fn outlives_kills(directory: &Path, store: &str) {
    let mut expected: Vec<(String, bool)> = Vec::new();
    for round in 0..5 {
        let mut process = Process::start(directory, store).await;
        for (token, live) in &expected {
            assert_eq!(process.is_live(token).await, *live, "{store}, round {round}");
        }
        let email = format!("user{round}@example.com");
        let credentials = [("email", email.as_str()), ("password", "kot na dachu")];
        let registered = process.post("/session/register/", &credentials).await;
        let token = registered["session_key"].as_str().unwrap().to_owned();
        let second = process.post("/session/login/", &credentials).await["session_key"].as_str().unwrap().to_owned();
        let anonymous = process.get("/session/start/").await.json::<Value>().await.unwrap();
        let anonymous = anonymous["session_key"].as_str().unwrap().to_owned();
        for ended in [&second, &anonymous] {
            assert_eq!(process.get(&format!("/session/logout/?session_key={ended}")).await.status(), 200);
        }
        // At once, with no time to tidy up.
        process.child.kill().await.unwrap();
        expected.extend([(token, true), (second, false), (anonymous, false)]);
    }
}

#[tokio::test]
async fn the_program_ends_in_good_order_when_it_is_asked_to() {
    let directory = tempfile::tempdir().unwrap();
    for store in stores(directory.path()) {
        let mut process = Process::start(directory.path(), &store).await;
        let id = process.child.id().unwrap();
        let asked = std::process::Command::new("kill").args(["-TERM", &id.to_string()]).status().unwrap();
        assert!(asked.success());
        assert_eq!(process.child.wait().await.unwrap().code(), Some(0), "{store}");
    }
}
