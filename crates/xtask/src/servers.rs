//! Private, throw-away database servers for the tests, from the system's packages.

mod mariadb;
mod postgres;
mod redis;

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};

/// How long a server may take to answer.
const START: Duration = Duration::from_mins(1);

/// Servers that run until this is dropped, and no longer than this process.
pub(crate) struct Servers {
    #[expect(dead_code, reason = "held, not read")]
    running: Vec<Server>,
    /// The variables that tell the tests where they are.
    pub(crate) urls: Vec<(&'static str, String)>,
    #[expect(dead_code, reason = "held, not read")]
    directory: Directory,
}

impl Servers {
    /// Starts one of each on free ports of the loopback interface, in a temporary directory.
    pub(crate) fn start() -> Result<Self> {
        install()?;
        let directory = Directory::new()?;
        let (postgres, postgres_url) = postgres::start(&directory.0.join("postgres"))?;
        let (mariadb, mysql_url) = mariadb::start(&directory.0.join("mariadb"))?;
        let (redis, redis_url) = redis::start(&directory.0.join("redis"))?;
        let (cluster, cluster_url) = redis::start_cluster(&directory.0.join("cluster"))?;
        let mut running = vec![postgres, mariadb, redis];
        running.extend(cluster);
        running.iter_mut().try_for_each(Server::answers)?;
        let urls = vec![
            ("VESTIBULE_TEST_POSTGRES_URL", postgres_url),
            ("VESTIBULE_TEST_MYSQL_URL", mysql_url),
            ("VESTIBULE_TEST_REDIS_URL", redis_url),
            ("VESTIBULE_TEST_REDIS_CLUSTER_URL", cluster_url),
        ];
        Ok(Self { running, urls, directory })
    }
}

/// A server that runs until this is dropped. Nothing of its data is kept, so it need not end in good order.
struct Server {
    process: Child,
    port: u16,
}

impl Server {
    fn begin(command: &mut Command, log: &Path, port: u16) -> Result<Self> {
        let log = fs::File::create(log)?;
        let command = command.stdout(log.try_clone()?).stderr(log);
        let process = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        Ok(Self { process, port })
    }

    /// Waits until the server listens.
    fn answers(&mut self) -> Result<()> {
        let patient_until = Instant::now() + START;
        while TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).is_err() {
            if let Some(status) = self.process.try_wait()? {
                bail!("a database server ended at once, with {status}");
            }
            ensure!(Instant::now() < patient_until, "a database server did not answer within {START:?}");
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A temporary directory that is removed when this is dropped or this process ends, however it does.
struct Directory(PathBuf, Child);

impl Directory {
    /// A shell reads from a pipe that nobody ever writes to, which ends when this end of it does: then it sweeps. The
    /// second time is for what a dying server wrote during the first.
    const SWEEP: &str = r#"trap "" INT TERM HUP; read -r end; rm -rf "$0" || { sleep 1; rm -rf "$0"; }"#;

    fn new() -> Result<Self> {
        let path = tempfile::Builder::new().prefix("vestibule-servers-").tempdir()?.keep();
        let mut shell = Command::new("sh");
        let sweeper = shell.args(["-c", Self::SWEEP]).arg(&path).stdin(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        // The servers' users have to get at what is theirs in it.
        quietly(Command::new("chmod").arg("755").arg(&path))?;
        Ok(Self(path, sweeper))
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        drop(self.1.stdin.take());
        let _ = self.1.wait();
    }
}

/// Who runs a server: its package's user for root, if the server does not serve root; whoever this is, otherwise.
struct User(Option<&'static str>);

impl User {
    fn this() -> Self {
        Self(None)
    }

    /// Makes the server's directory, the user's own.
    fn of(name: &'static str, directory: &Path) -> Result<Self> {
        fs::create_dir(directory)?;
        if !is_root()? {
            return Ok(Self::this());
        }
        quietly(Command::new("chown").arg(format!("{name}:")).arg(directory))?;
        Ok(Self(Some(name)))
    }

    /// A program of this user, that ends when this process does, however it does.
    fn runs(&self, program: &Path) -> Command {
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL"]).stdin(Stdio::null()).current_dir("/");
        if let Some(name) = self.0 {
            command.args([&format!("--reuid={name}"), &format!("--regid={name}"), "--clear-groups"]);
        }
        command.arg("--").arg(program);
        command
    }
}

/// Installs what is missing, where that can be done. Without servers there are no tests; without one of the programs with
/// which the how-tos are tried, the tests that need it say so.
fn install() -> Result<()> {
    let servers = [
        (postgres::PACKAGE, postgres::is_installed()),
        (mariadb::PACKAGE, mariadb::is_installed()),
        (redis::PACKAGE, redis::is_installed()),
    ];
    let has_jwt = || output(Command::new("/usr/bin/python3").args(["-c", "import cryptography, jwt"])).is_ok();
    let programs = [
        ("nginx-light", find("nginx").is_some()),
        ("nodejs", find("node").is_some()),
        ("python3-cryptography python3-jwt", has_jwt()),
    ];
    install_missing("database servers", &servers)?;
    if let Err(error) = install_missing("programs of the how-tos", &programs) {
        crate::say(&format!("go on without: {error:#}"));
    }
    Ok(())
}

fn install_missing(what: &str, packages: &[(&str, bool)]) -> Result<()> {
    let packages: Vec<_> = packages.iter().filter(|(_, is_there)| !is_there).map(|(package, _)| *package).collect();
    let packages = packages.join(" ");
    if packages.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install -y --no-install-recommends {packages}");
    if !is_root()? || find("apt-get").is_none() {
        bail!("the tests need {what}: run `{line}` as root, or install the same otherwise");
    }
    crate::say(&line);
    quietly(Command::new("apt-get").arg("update"))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(packages.split(' '));
    quietly(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A program, also where only root's path leads.
fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = env::split_paths(&path).chain(["/usr/sbin".into()]);
    folders.map(|folder| folder.join(program)).find(|program| program.is_file())
}

fn is_root() -> Result<bool> {
    Ok(output(Command::new("id").arg("-u"))?.trim() == "0")
}

fn free_port() -> Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

/// Runs what tells nothing of interest unless it fails.
fn quietly(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let (answer, told) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    ensure!(output.status.success(), "{command:?} failed: {told}{answer}");
    Ok(answer.into_owned())
}
