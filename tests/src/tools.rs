//! Other people's programs, with which the how-tos are tried.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

/// A program of one of Debian's packages, or of Python's, that passes this check, if it is installed; `cargo xtask test`
/// installs it where it can. It is looked for where the system has its own first, because packages belong to that.
pub fn tool(name: &str, packages: &str, check: &[&str]) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/python/bin");
    let of_system = ["/usr/bin", "/usr/sbin"].into_iter().map(PathBuf::from);
    let folders = of_system.chain([own]).chain(env::split_paths(&path));
    let works = |program: &PathBuf| {
        program.is_file() && Command::new(program).args(check).output().is_ok_and(|run| run.status.success())
    };
    let found = folders.map(|folder| folder.join(name)).find(works);
    if found.is_none() {
        assert!(
            env::var_os("CI").is_none(),
            "there is no {name} that works: install {packages}, or run `cargo xtask test` as root"
        );
        eprintln!("skipped: there is no {name} that works; install {packages}, or run `cargo xtask test` as root");
    }
    found
}
