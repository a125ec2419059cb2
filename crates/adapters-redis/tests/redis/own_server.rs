//! A Redis of one's own, to be killed and misled.

use std::{
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use tempfile::TempDir;

use crate::place::ONE;

/// A server that ends with this value. It writes nothing to disk unless it is told to.
pub(crate) struct OwnServer {
    child: Child,
    port: u16,
    directory: TempDir,
}

impl OwnServer {
    /// Starts one, where there is Redis at all.
    #[expect(clippy::print_stderr, reason = "a test tells why it did nothing")]
    pub(crate) fn start(options: &[&str]) -> Option<Self> {
        if std::env::var_os(ONE).is_none() {
            assert!(std::env::var_os("CI").is_none(), "{ONE} is not set: run these tests by `cargo xtask test`");
            eprintln!("skipped: {ONE} is not set; `cargo xtask test` sets it");
            return None;
        }
        let directory = tempfile::tempdir().unwrap();
        let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let child = run(directory.path(), port, options);
        Some(Self { child, port, directory })
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Has all it holds written to disk.
    pub(crate) async fn snapshot(&self) {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("SAVE").query_async::<()>(&mut connection).await.unwrap();
    }

    /// Every key there is.
    pub(crate) async fn keys(&self) -> Vec<String> {
        let client = redis::Client::open(self.url()).unwrap();
        let mut connection = client.get_multiplexed_async_connection().await.unwrap();
        redis::cmd("KEYS").arg("*").query_async(&mut connection).await.unwrap()
    }

    /// Dies at once, and comes back with what is on disk.
    pub(crate) fn crash(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.child = run(self.directory.path(), self.port, &[]);
    }
}

impl Drop for OwnServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn run(directory: &Path, port: u16, options: &[&str]) -> Child {
    let program = ["redis-server", "valkey-server"].into_iter().find(|program| {
        Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok_and(|status| status.success())
    });
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "KILL", "--", program.unwrap(), "--bind", "127.0.0.1"]);
    command.args(["--port", &port.to_string(), "--save", "", "--appendonly", "no"]).args(options);
    let child = command.current_dir(directory).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patient_until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        assert!(Instant::now() < patient_until, "Redis does not answer");
        thread::sleep(Duration::from_millis(10));
    }
    child
}
