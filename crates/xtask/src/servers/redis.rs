//! Redis, or Valkey, which is the same to us: one server alone, and a cluster of three.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};

use super::{START, Server, User, find, free_port, output, quietly};

/// Debian's package of it; it brings the client along.
pub(super) const PACKAGE: &str = "redis-server";

/// As many masters as a cluster needs.
const MASTERS: usize = 3;

pub(super) fn is_installed() -> bool {
    server().is_some() && client().is_some()
}

/// One server alone.
pub(super) fn start(directory: &Path) -> Result<(Server, String)> {
    fs::create_dir(directory)?;
    let port = free_port()?;
    Ok((begin(directory, port, &[])?, url(port)))
}

/// A cluster of masters without replicas, once every one of them knows where every slot is. The address is that of one.
pub(super) fn start_cluster(directory: &Path) -> Result<(Vec<Server>, String)> {
    fs::create_dir(directory)?;
    let mut ports = Vec::new();
    let mut servers = Vec::new();
    for node in 0..MASTERS {
        let (port, bus) = (free_port()?, free_port()?.to_string());
        let node = directory.join(node.to_string());
        fs::create_dir(&node)?;
        let settings = ["--cluster-enabled", "yes", "--cluster-config-file", "nodes.conf", "--cluster-port", &bus];
        servers.push(begin(&node, port, &settings)?);
        ports.push(port);
    }
    servers.iter_mut().try_for_each(Server::answers)?;
    let mut join = client_of(ports[0])?;
    join.args(["--cluster", "create"]).args(ports.iter().map(|port| format!("127.0.0.1:{port}")));
    quietly(join.args(["--cluster-replicas", "0", "--cluster-yes"]))?;
    ports.iter().try_for_each(|port| knows_all_slots(*port))?;
    Ok((servers, url(ports[0])))
}

fn begin(directory: &Path, port: u16, settings: &[&str]) -> Result<Server> {
    let mut command = User::this().runs(&server().context("Redis is not installed")?);
    command.args(["--bind", "127.0.0.1", "--protected-mode", "no", "--port", &port.to_string()]);
    command.args(["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction", "--daemonize", "no"]);
    command.arg("--dir").arg(directory).args(settings);
    Server::begin(&mut command, &directory.join("log"), port)
}

/// Waits until a node of a cluster serves every slot.
fn knows_all_slots(port: u16) -> Result<()> {
    let patient_until = Instant::now() + START;
    while !output(client_of(port)?.args(["cluster", "info"]))?.contains("cluster_state:ok") {
        ensure!(Instant::now() < patient_until, "the Redis cluster was not complete within {START:?}");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}

fn client_of(port: u16) -> Result<Command> {
    let mut command = Command::new(client().context("the client of Redis is not installed")?);
    command.args(["-h", "127.0.0.1", "-p", &port.to_string()]);
    Ok(command)
}

fn url(port: u16) -> String {
    format!("redis://127.0.0.1:{port}")
}

fn server() -> Option<PathBuf> {
    find("redis-server").or_else(|| find("valkey-server"))
}

fn client() -> Option<PathBuf> {
    find("redis-cli").or_else(|| find("valkey-cli"))
}
