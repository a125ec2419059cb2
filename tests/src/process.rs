//! The program itself, as its users run it.

use std::{net::SocketAddr, path::Path, process::Stdio};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{Caller, program};

/// A running service with cheap password hashes, killed when it is dropped.
pub struct Process {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// A client of it.
    pub caller: Caller,
    /// A client of its listener for operators, if it has one.
    pub admin: Option<Caller>,
}

impl Process {
    /// Starts `vestibule serve` on a free port and waits until it listens. Its configuration is `vestibule.toml` in
    /// `directory`, if there is one, and its data is there.
    pub async fn start(directory: &Path) -> Self {
        Self::spawn(Self::command(program(), directory)).await
    }

    /// The same with its log sent there.
    pub async fn start_with(directory: &Path, log: Stdio) -> Self {
        let mut command = Self::command(program(), directory);
        command.stderr(log);
        Self::spawn(command).await
    }

    /// How such a program is started there: on a free port, with cheap password hashes, its log thrown away.
    pub fn command(program: &Path, directory: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .current_dir(directory)
            .env("VESTIBULE__SERVER__LISTEN", "127.0.0.1:0")
            .env("VESTIBULE__ADMIN__LISTEN", "127.0.0.1:0")
            .env("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "64")
            .env("VESTIBULE__PASSWORDS__ARGON2__ITERATIONS", "1")
            .stderr(Stdio::null());
        command
    }

    /// Starts what this command starts, and waits until it listens.
    pub async fn spawn(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).kill_on_drop(true).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut admin = None;
        loop {
            let line = lines.next_line().await.unwrap().expect("it says where it listens");
            if let Some(url) = line.strip_prefix("operators: ") {
                admin = Some(Caller::new(url.to_owned()));
            }
            if let Some(url) = line.strip_prefix("listening on ") {
                let address = url.split_once("://").unwrap().1.parse().unwrap();
                return Self { child, address, caller: Caller::new(url.to_owned()), admin };
            }
        }
    }

    /// The same, with every connection of its client closed.
    #[must_use]
    pub fn without_connections(self) -> Self {
        let caller = self.caller.anew();
        Self { caller, ..self }
    }

    /// Its process identifier.
    pub fn id(&self) -> u32 {
        self.child.id().unwrap()
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
        let id = self.id().to_string();
        assert!(Command::new("kill").args([&format!("-{name}"), &id]).status().await.unwrap().success());
    }

    /// Waits until it has ended, and gives its exit code.
    pub async fn ended(self) -> Option<i32> {
        self.status().await.code()
    }

    /// Waits until it has ended, and gives how.
    pub async fn status(mut self) -> std::process::ExitStatus {
        self.child.wait().await.unwrap()
    }
}
