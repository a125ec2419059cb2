//! Programs under test: children on loopback, on one core, with a directory that goes with them.

use std::{
    env,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

/// A program that listens.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    /// From its start to that.
    pub(crate) started_in: Duration,
    child: Child,
}

/// The service's configuration and data.
pub(crate) struct Place {
    pub(crate) directory: TempDir,
}

impl Place {
    /// An empty one, with these settings besides those that a measurement needs.
    pub(crate) fn new(settings: &str) -> Result<Self> {
        let directory = tempfile::tempdir()?;
        let data = directory.path().join("data");
        // Nobody logs in wrongly here, but clients begin sessions by the million.
        let common = format!("data_dir = \"{}\"\n[server]\nlisten = \"127.0.0.1:0\"\n", data.display());
        std::fs::write(directory.path().join("vestibule.toml"), common + settings)?;
        Ok(Self { directory })
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.directory.path().join("data/vestibule.db")
    }

    /// Starts the release build.
    pub(crate) async fn serve(&self) -> Result<Running> {
        let program = sibling("vestibule")?;
        let mut command = on_first_core(&program);
        command.arg("--config").arg(self.directory.path().join("vestibule.toml")).current_dir(self.directory.path());
        Running::start(command).await
    }

    /// Runs one of its commands, with this on its input.
    pub(crate) async fn command(&self, arguments: &[&str], input: &str) -> Result<()> {
        use tokio::io::AsyncWriteExt;
        let mut command = Command::new(sibling("vestibule")?);
        command.arg("--config").arg(self.directory.path().join("vestibule.toml")).args(arguments);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        child.stdin.take().context("it has an input")?.write_all(input.as_bytes()).await?;
        let status = child.wait().await?;
        if !status.success() {
            bail!("vestibule {arguments:?} ended with {status}");
        }
        Ok(())
    }
}

/// What everything is compared with.
pub(crate) async fn reference() -> Result<Running> {
    let mut command = on_first_core(&env::current_exe()?);
    command.arg("reference");
    Running::start(command).await
}

impl Running {
    async fn start(mut command: Command) -> Result<Self> {
        let begun = Instant::now();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start it")?;
        let mut lines = BufReader::new(child.stdout.take().context("it has an output")?).lines();
        while let Some(line) = lines.next_line().await? {
            if let Some((_, address)) = line.split_once("listening on http://") {
                let address = address.trim().parse().context("it listens nowhere")?;
                let started_in = begun.elapsed();
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { address, started_in, child });
            }
        }
        bail!("it ended before it listened: build it with `cargo build --release` first")
    }

    /// Resident memory in bytes, where the system tells.
    pub(crate) fn resident(&self) -> Option<u64> {
        let id = self.child.id()?;
        let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
        line.trim().trim_end_matches("kB").trim().parse::<u64>().ok().map(|kib| kib * 1024)
    }
}

/// The service has one core, its clients the others: what costs less then answers more.
fn on_first_core(program: &Path) -> Command {
    let taskset = Path::new("/usr/bin/taskset");
    if taskset.is_file() {
        let mut command = Command::new(taskset);
        command.args(["-c", "0"]).arg(program);
        command
    } else {
        Command::new(program)
    }
}

/// A program that was built beside this one.
fn sibling(name: &str) -> Result<PathBuf> {
    let program = env::current_exe()?.with_file_name(name);
    if program.is_file() { Ok(program) } else { bail!("{} is not there: cargo build --release", program.display()) }
}
