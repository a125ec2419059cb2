//! Processes that share a store and a key.

use serde_json::Value;
use tempfile::TempDir;
use vestibule_tests::{Caller, PASSWORD, Process, Visitor, command};

use crate::sabotaged::sabotaged;

/// Running nodes.
pub(crate) struct Nodes {
    directory: TempDir,
    sabotage: Option<&'static str>,
    pub(crate) processes: Vec<Process>,
}

impl Nodes {
    /// So many, with this storage section of their configuration.
    pub(crate) async fn start(storage: &str, count: usize) -> Self {
        Self::start_sabotaged(storage, count, None).await
    }

    /// The same, each without this defence.
    pub(crate) async fn start_sabotaged(storage: &str, count: usize, sabotage: Option<&'static str>) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let data = directory.path().join("data");
        let settings = format!("data_dir = \"{}\"\n{storage}", data.display());
        std::fs::write(directory.path().join("vestibule.toml"), settings).unwrap();
        let mut nodes = Self { directory, sabotage, processes: Vec::new() };
        for _ in 0..count {
            let process = nodes.one_more().await;
            nodes.processes.push(process);
        }
        nodes
    }

    /// Another process on the same store, with the same key.
    pub(crate) async fn one_more(&self) -> Process {
        match self.sabotage {
            Some(name) => Process::spawn(sabotaged(name, self.directory.path())).await,
            None => Process::start(self.directory.path()).await,
        }
    }

    /// The client of a node; there is one for every number.
    pub(crate) fn at(&self, node: usize) -> &Caller {
        &self.processes[node % self.processes.len()].caller
    }

    /// Runs a command of the operator's, in a process of its own.
    pub(crate) async fn operate(&self, arguments: &[&str], stdin: &str) -> Value {
        let config = self.directory.path().join("vestibule.toml");
        let arguments: Vec<_> = arguments.iter().copied().chain(["--json"]).collect();
        let output = command(&config, &arguments, stdin).await;
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Adds so many users, and the API token that all of them use.
    pub(crate) async fn visitors(&self, count: usize) -> Vec<Visitor> {
        let client = self.operate(&["client", "add", "tests"], "").await;
        let mut visitors = Vec::new();
        for number in 0..count {
            let email = format!("user{number}@example.com");
            let credentials = [("email", email.as_str()), ("password", PASSWORD)];
            self.at(number).post_form("/session/register/", &credentials).await.text("/session_key");
            let api_token = client["token"].as_str().unwrap().to_owned();
            // Who registers has the address for a login name.
            visitors.push(Visitor { login: email.clone(), email, api_token });
        }
        visitors
    }
}

/// A number that has nothing to do with `n` to look at, and is the same each time (`SplitMix64`).
pub(crate) fn scattered(n: usize) -> usize {
    let mut n = (n as u64).wrapping_add(0x9e37_79b9_7f4a_7c15);
    n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    usize::try_from((n ^ (n >> 31)) >> 33).unwrap()
}
