//! PostgreSQL.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};

use super::{Server, User, find, free_port, quietly};

/// Debian's package of it.
pub(super) const PACKAGE: &str = "postgresql";

/// Every test makes databases, and nothing is kept: no log of theirs is worth a disk's room.
const SETTINGS: [&str; 6] = [
    "listen_addresses=127.0.0.1",
    "max_connections=500",
    "fsync=off",
    "wal_level=minimal",
    "max_wal_senders=0",
    "max_wal_size=128MB",
];

pub(super) fn is_installed() -> bool {
    programs().is_some()
}

pub(super) fn start(directory: &Path) -> Result<(Server, String)> {
    let programs = programs().context("PostgreSQL is not installed")?;
    let user = User::of("postgres", directory)?;
    let data = directory.join("data");
    let mut initdb = user.runs(&programs.join("initdb"));
    initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync", "--pgdata"]).arg(&data);
    quietly(&mut initdb)?;
    let port = free_port()?;
    let mut server = user.runs(&programs.join("postgres"));
    server.arg("-D").arg(&data).arg("-k").arg(directory).args(["-p", &port.to_string()]);
    for setting in SETTINGS {
        server.args(["-c", setting]);
    }
    let url = format!("postgres://postgres@127.0.0.1:{port}/postgres");
    Ok((Server::begin(&mut server, &directory.join("log"), port)?, url))
}

/// The newest of Debian's versions, or the one on the path.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let version = |folder: &Path| folder.file_name()?.to_str()?.parse::<u32>().ok();
    let newest = versions.map(|version| version.path()).max_by_key(|folder| version(folder));
    newest
        .map(|folder| folder.join("bin"))
        .filter(|programs| programs.join("initdb").is_file())
        .or_else(|| Some(find("initdb")?.parent()?.to_owned()))
}
