//! Programs under test: children on loopback, with a directory that goes with them.

use std::{
    env, fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use tempfile::TempDir;

use crate::cores::{Cores, memory_of, time_of};

/// A program that listens.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    child: Child,
    /// It is a process group of its own, and ends when that is told to.
    is_group: bool,
}

/// The service's configuration and data.
pub(crate) struct Place {
    pub(crate) directory: TempDir,
    service: PathBuf,
}

impl Place {
    /// An empty one, for this program, with these settings besides those that a measurement needs: the first are of the
    /// section `[server]`.
    pub(crate) fn new(service: &Path, settings: &str) -> Result<Self> {
        // Beside this program, because what is below /tmp may be no disk.
        let beside = env::current_exe()?.with_file_name("bench");
        fs::create_dir_all(&beside)?;
        let directory = tempfile::Builder::new().prefix("place-").tempdir_in(fs::canonicalize(beside)?)?;
        let data = directory.path().join("data");
        let text = format!(
            "data_dir = \"{}\"\nadmin.listen = \"127.0.0.1:0\"\n[server]\nlisten = \"127.0.0.1:0\"\n{settings}",
            data.display()
        );
        fs::write(directory.path().join("vestibule.toml"), text)?;
        Ok(Self { directory, service: service.to_owned() })
    }

    /// With data of another place, whose programs have ended.
    pub(crate) fn like(other: &Self, settings: &str) -> Result<Self> {
        let place = Self::new(&other.service, settings)?;
        fs::create_dir(place.data())?;
        for file in fs::read_dir(other.data())? {
            let file = file?;
            fs::copy(file.path(), place.data().join(file.file_name()))?;
        }
        Ok(place)
    }

    /// For this program instead.
    pub(crate) fn of(self, service: &Path) -> Self {
        Self { service: service.to_owned(), ..self }
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.data().join("vestibule.db")
    }

    /// The bytes of all files of the data.
    pub(crate) fn size(&self) -> Result<u64> {
        fs::read_dir(self.data())?.map(|file| Ok(file?.metadata()?.len())).sum()
    }

    /// Starts the service.
    pub(crate) fn serve(&self, cores: Cores) -> Result<Running> {
        Running::start(&mut self.program(), cores, &self.directory.path().join("log"))
    }

    /// Runs one of its commands, with this on its input.
    pub(crate) fn command(&self, arguments: &[&str], input: &str) -> Result<()> {
        let mut child = self.program().args(arguments).stdin(Stdio::piped()).stdout(Stdio::null()).spawn()?;
        child.stdin.take().context("it has an input")?.write_all(input.as_bytes())?;
        let status = child.wait()?;
        ensure!(status.success(), "vestibule {arguments:?} ended with {status}");
        Ok(())
    }

    fn program(&self) -> Command {
        let mut command = Command::new(&self.service);
        command.arg("--config").arg(self.directory.path().join("vestibule.toml")).current_dir(self.directory.path());
        command
    }
}

/// What everything is compared with.
pub(crate) fn reference(cores: Cores) -> Result<Running> {
    Running::start(Command::new(env::current_exe()?).arg("reference"), cores, Path::new("/dev/null"))
}

impl Running {
    /// Starts a program, and waits until it prints where it listens.
    fn start(command: &mut Command, cores: Cores, log: &Path) -> Result<Self> {
        let address = |line: &str| line.split_once("listening on http://")?.1.trim().parse().ok();
        Self::wait(command, cores, log, false, address)
    }

    /// Starts a script in a process group of its own, and waits until it prints that it listens there.
    pub(crate) fn script(command: &mut Command, cores: Cores, log: &Path, address: SocketAddr) -> Result<Self> {
        let is_ready = |line: &str| (line.trim() == "READY").then_some(address);
        Self::wait(command.process_group(0), cores, log, true, is_ready)
    }

    fn wait(
        command: &mut Command,
        cores: Cores,
        log: &Path,
        is_group: bool,
        listens: impl Fn(&str) -> Option<SocketAddr>,
    ) -> Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(fs::File::create(log)?);
        let child = cores.start(|| command.spawn()).with_context(|| format!("cannot start {command:?}"))?;
        // Ended when it is dropped, whatever happens from here on.
        let mut running = Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), child, is_group };
        let mut lines = BufReader::new(running.child.stdout.take().context("it has an output")?).lines();
        while let Some(line) = lines.next().transpose()? {
            if let Some(address) = listens(&line) {
                running.address = address;
                thread::spawn(move || lines.for_each(drop));
                return Ok(running);
            }
        }
        bail!("it ended before it listened: {}", fs::read_to_string(log).unwrap_or_default().trim())
    }

    /// How long it has been running on any core.
    pub(crate) fn time(&self) -> Option<Duration> {
        time_of(self.child.id())
    }

    /// What is resident of it, in bytes.
    pub(crate) fn resident(&self) -> Result<u64> {
        memory_of(self.child.id(), "VmRSS").context("the system does not tell how much memory is resident")
    }

    /// The most that ever was.
    pub(crate) fn peak(&self) -> Result<u64> {
        memory_of(self.child.id(), "VmHWM").context("the system does not tell how much memory was resident")
    }

    /// Ends it in good order, so that its files are whole.
    pub(crate) fn stop(mut self) -> Result<()> {
        ensure!(self.ends(Signal::INT), "it does not end");
        Ok(())
    }

    /// Tells it to end, and says whether it did before long.
    fn ends(&mut self, signal: Signal) -> bool {
        // Of a program that has ended, the number may be another's by now.
        if !self.is_group && !matches!(self.child.try_wait(), Ok(None)) {
            return true;
        }
        let id = Pid::from_child(&self.child);
        let patient_until = Instant::now() + Duration::from_secs(20);
        if self.is_group { kill_process_group(id, signal) } else { kill_process(id, signal) }.is_ok_and(|()| {
            while let Ok(None) = self.child.try_wait() {
                if Instant::now() > patient_until {
                    return false;
                }
                thread::sleep(Duration::from_millis(20));
            }
            true
        })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Who runs others has to end them, and who is watched has to write down what it did.
        if self.ends(if self.is_group { Signal::TERM } else { Signal::INT }) {
            return;
        }
        if self.is_group {
            let _ = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
