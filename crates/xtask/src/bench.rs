//! Measuring: the program as it is shipped, or one that is built already.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{cargo, servers::Servers};

/// As programs are shipped.
const SHIPPED: &str = "dist";
/// What instructions are counted of: it takes minutes to build instead of a quarter of an hour, and they are compared with
/// themselves.
const COUNTED: &str = "release";

/// Builds what is to be measured, and what measures it; then does that.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let has = |name: &str| arguments.iter().any(|argument| argument.starts_with(name));
    let profile = if has("instructions") { COUNTED } else { SHIPPED };
    let mut build = cargo(&["build", "--profile", profile, "--package", "vestibule-bench"]);
    if has("instructions") {
        build.args(["--bins", "--example", "hot_path"]);
    } else if !has("--service") {
        build.args(["--package", "vestibule-bootstrap"]);
    }
    crate::run(&mut build)?;
    let beside = beside()?;
    let folder = beside.parent().context("programs are built somewhere")?.join(profile);
    crate::run(Command::new(folder.join("vestibule-bench")).args(arguments))
}

/// Shows that everything can be measured, with programs as the tests have them.
pub(crate) fn smoke(servers: &Servers) -> Result<()> {
    crate::run(Command::new(beside()?.join("vestibule-bench")).arg("--quick").envs(servers.urls.clone()))
}

/// Where this program is, and those that were built like it.
fn beside() -> Result<PathBuf> {
    let program = env::current_exe().context("this program is nowhere")?;
    Ok(program.parent().map(Path::to_owned).unwrap_or_default())
}
