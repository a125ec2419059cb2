//! Measuring: the program as it is shipped, or one that is built already.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{cargo, servers::Servers};

/// The programs, built as they are shipped.
const PROFILE: &str = "dist";

/// Builds what is to be measured, and what measures it; then does that.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let mut build = cargo(&["build", "--profile", PROFILE, "--package", "vestibule-bench"]);
    let has = |name: &str| arguments.iter().any(|argument| argument.starts_with(name));
    if has("instructions") {
        build.args(["--bins", "--example", "hot_path"]);
    } else if !has("--service") {
        build.args(["--package", "vestibule-bootstrap"]);
    }
    crate::run(&mut build)?;
    let beside = beside()?;
    let folder = beside.parent().context("programs are built somewhere")?.join(PROFILE);
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
