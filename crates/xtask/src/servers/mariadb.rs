//! MariaDB.

use std::path::Path;

use anyhow::{Context, Result};

use super::{Server, User, find, free_port, quietly};

/// Debian's package of it.
pub(super) const PACKAGE: &str = "mariadb-server";

pub(super) fn is_installed() -> bool {
    find("mariadbd").is_some() && find("mariadb-install-db").is_some()
}

pub(super) fn start(directory: &Path) -> Result<(Server, String)> {
    let user = User::of("mysql", directory)?;
    let setting = |name: &str, value: &Path| format!("--{name}={}", value.display());
    let data = setting("datadir", &directory.join("data"));
    let mut install = user.runs(&find("mariadb-install-db").context("MariaDB is not installed")?);
    install.args(["--no-defaults", "--auth-root-authentication-method=normal", "--skip-test-db", &data]);
    quietly(&mut install)?;
    let port = free_port()?;
    let mut server = user.runs(&find("mariadbd").context("MariaDB is not installed")?);
    server.args(["--no-defaults", "--bind-address=127.0.0.1", "--max-connections=500"]);
    server.args([&format!("--port={port}"), &setting("socket", &directory.join("socket")), &data]);
    server.args([&setting("tmpdir", directory), &setting("pid-file", &directory.join("pid"))]);
    server.arg("--innodb-flush-log-at-trx-commit=0");
    Ok((Server::begin(&mut server, &directory.join("log"), port)?, format!("mysql://root@127.0.0.1:{port}/mysql")))
}
