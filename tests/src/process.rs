//! The program itself, as its users run it.

use std::{net::SocketAddr, path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{Caller, program};

/// A running `vestibule serve` with cheap password hashes, killed when it is dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// A client of it.
    pub caller: Caller,
}

impl Process {
    /// Starts one on a free port and waits until it listens. Its configuration is `vestibule.toml` in `directory`, if
    /// there is one, and its data is there.
    pub async fn start(directory: &Path) -> Self {
        Self::start_with(directory, Stdio::null()).await
    }

    /// The same with its log sent there.
    pub async fn start_with(directory: &Path, log: Stdio) -> Self {
        let mut child = Command::new(program())
            .current_dir(directory)
            .env("VESTIBULE__SERVER__LISTEN", "127.0.0.1:0")
            .env("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "64")
            .env("VESTIBULE__PASSWORDS__ARGON2__ITERATIONS", "1")
            .stdout(Stdio::piped())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        loop {
            let line = lines.next_line().await.unwrap().expect("it says where it listens");
            if let Some(url) = line.strip_prefix("listening on ") {
                let address = url.split_once("://").unwrap().1.parse().unwrap();
                return Self { child, address, caller: Caller::new(url.to_owned()) };
            }
        }
    }

    /// Ends it at once, with no time to tidy up.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks it to end, as an init system does.
    pub async fn terminate(&self) {
        self.signal("TERM").await;
    }

    /// Sends it a signal, by its name without SIG.
    pub async fn signal(&self, name: &str) {
        let id = self.child.id().unwrap().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().await.unwrap().success());
    }

    /// Waits until it has ended, and gives its exit code.
    pub async fn ended(mut self) -> Option<i32> {
        self.child.wait().await.unwrap().code()
    }
}
