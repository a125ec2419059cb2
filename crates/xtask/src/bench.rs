//! Measuring: the program as it is [shipped](dist), or one that is built already.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result};

use crate::{cargo, dist, servers::Servers};

/// What instructions are counted of: it takes minutes to build instead of half an hour, and they are compared with
/// themselves.
const COUNTED: &str = "release";

/// Builds what is to be measured, and what measures it; then does that.
pub(crate) fn run(arguments: &[String]) -> Result<()> {
    let has = |name: &str| arguments.iter().any(|argument| argument.starts_with(name));
    let profile = if has("instructions") { COUNTED } else { dist::PROFILE };
    let mut build = cargo(&["build", "--profile", profile, "--package", "vestibule-bench", "--bins"]);
    if has("instructions") {
        build.args(["--example", "hot_path"]);
    }
    crate::run(&mut build)?;
    let beside = beside()?;
    let folder = beside.parent().context("programs are built somewhere")?.join(profile);
    let mut measure = Command::new(folder.join("vestibule-bench"));
    measure.args(arguments);
    if !["instructions", "--service", "--help", "-h"].into_iter().any(has) {
        measure.arg("--service").arg(dist::build(false)?);
    }
    crate::run(&mut measure)
}

/// Shows that everything can be measured, with programs as the tests have them.
pub(crate) fn smoke(servers: &Servers) -> Result<()> {
    crate::run(Command::new(beside()?.join("vestibule-bench")).arg("--quick").envs(servers.urls.clone()))
}

/// Where this program is, and those that were built like it.
pub(crate) fn beside() -> Result<PathBuf> {
    let program = env::current_exe().context("this program is nowhere")?;
    Ok(program.parent().map(Path::to_owned).unwrap_or_default())
}
