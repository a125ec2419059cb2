//! Private, throw-away database servers for the tests, from the system's packages.

use std::{
    env, fs,
    net::{Ipv4Addr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail, ensure};
use tempfile::TempDir;

/// How long a server may take to answer.
const START: Duration = Duration::from_mins(1);

/// Servers that run until this is dropped, and no longer than this process.
pub(crate) struct Servers {
    running: Vec<Child>,
    /// The variables that tell the tests where they are.
    pub(crate) urls: [(&'static str, String); 2],
    #[expect(dead_code, reason = "held, not read")]
    directory: TempDir,
}

impl Drop for Servers {
    fn drop(&mut self) {
        for server in &mut self.running {
            // Nothing of theirs is kept, so they need not end in good order.
            let _ = server.kill();
            let _ = server.wait();
        }
    }
}

/// Starts a PostgreSQL and a MariaDB on free ports of the loopback interface, in a temporary directory.
pub(crate) fn start() -> Result<Servers> {
    install()?;
    let directory = tempfile::Builder::new().prefix("vestibule-servers-").tempdir()?;
    // Its servers' users have to get at what is theirs in it.
    quietly(Command::new("chmod").arg("755").arg(directory.path()))?;
    let (postgres_port, mysql_port) = (free_port()?, free_port()?);
    let running = vec![
        postgres(&directory.path().join("postgres"), postgres_port)?,
        mariadb(&directory.path().join("mariadb"), mysql_port)?,
    ];
    let urls = [
        ("VESTIBULE_TEST_POSTGRES_URL", format!("postgres://postgres@127.0.0.1:{postgres_port}/postgres")),
        ("VESTIBULE_TEST_MYSQL_URL", format!("mysql://root@127.0.0.1:{mysql_port}/mysql")),
    ];
    let mut servers = Servers { running, urls, directory };
    for (server, port) in servers.running.iter_mut().zip([postgres_port, mysql_port]) {
        answers(server, port)?;
    }
    Ok(servers)
}

fn postgres(directory: &Path, port: u16) -> Result<Child> {
    let programs = postgres_programs().context("PostgreSQL is not installed")?;
    let user = User::of("postgres", directory)?;
    let data = directory.join("data");
    let mut initdb = user.runs(&programs.join("initdb"));
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--pgdata"]).arg(&data);
    quietly(&mut initdb)?;
    let mut server = user.runs(&programs.join("postgres"));
    server.arg("-D").arg(&data).arg("-k").arg(directory).args(["-p", &port.to_string()]);
    for setting in ["listen_addresses=127.0.0.1", "fsync=off", "max_connections=500"] {
        server.args(["-c", setting]);
    }
    begin(&mut server, &directory.join("log"))
}

fn mariadb(directory: &Path, port: u16) -> Result<Child> {
    let user = User::of("mysql", directory)?;
    let setting = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let data = setting("datadir", &directory.join("data"));
    let mut install = user.runs(&find("mariadb-install-db").context("MariaDB is not installed")?);
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &data]);
    quietly(&mut install)?;
    let mut server = user.runs(&find("mariadbd").context("MariaDB is not installed")?);
    server.args(["--no-defaults", "--bind-address=127.0.0.1", "--max-connections=500"]);
    server.args([&format!("--port={port}"), &setting("socket", &directory.join("socket")), &data]);
    server.args([&setting("tmpdir", directory), &setting("pid-file", &directory.join("pid"))]);
    server.arg("--innodb-flush-log-at-trx-commit=0");
    begin(&mut server, &directory.join("log"))
}

/// Who runs a server: its package's user for root, whom no server serves; whoever this is, otherwise.
struct User(Option<&'static str>);

impl User {
    /// Makes the server's directory, the user's own.
    fn of(name: &'static str, directory: &Path) -> Result<Self> {
        fs::create_dir(directory)?;
        if !is_root()? {
            return Ok(Self(None));
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

fn install() -> Result<()> {
    let packages: Vec<&str> = [
        ("postgresql", postgres_programs().is_some()),
        ("mariadb-server", find("mariadbd").is_some() && find("mariadb-install-db").is_some()),
    ]
    .into_iter()
    .filter_map(|(package, is_there)| (!is_there).then_some(package))
    .collect();
    if packages.is_empty() {
        return Ok(());
    }
    let line = format!("apt-get install -y --no-install-recommends {}", packages.join(" "));
    if !is_root()? || find("apt-get").is_none() {
        bail!("the tests need database servers: run `{line}` as root, or install the same otherwise");
    }
    crate::say(&line);
    quietly(Command::new("apt-get").arg("update"))?;
    let mut install = Command::new("apt-get");
    install.args(["install", "-y", "--no-install-recommends"]).args(packages);
    quietly(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// The newest of Debian's PostgreSQL versions, or the one on the path.
fn postgres_programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|version| version.path()).max_by_key(|folder| version(folder));
    newest
        .map(|folder| folder.join("bin"))
        .filter(|programs| programs.join("initdb").is_file())
        .or_else(|| Some(find("initdb")?.parent()?.to_owned()))
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

fn begin(server: &mut Command, log: &Path) -> Result<Child> {
    let log = fs::File::create(log)?;
    let server = server.stdout(log.try_clone()?).stderr(log);
    server.spawn().with_context(|| format!("cannot start {server:?}"))
}

/// Waits until the server listens.
fn answers(server: &mut Child, port: u16) -> Result<()> {
    let patient_until = Instant::now() + START;
    while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
        if let Some(status) = server.try_wait()? {
            bail!("a database server ended at once, with {status}");
        }
        ensure!(Instant::now() < patient_until, "a database server did not answer within {START:?}");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

/// Runs what tells nothing of interest unless it fails.
fn quietly(command: &mut Command) -> Result<()> {
    output(command).map(drop)
}

fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{command:?} failed: {told}");
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
