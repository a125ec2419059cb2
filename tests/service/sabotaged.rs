//! The service with one of its defences taken away: every test of a promise here is also made to fail by one.

use std::path::Path;

use tokio::process::Command;
use vestibule_tests::Process;

/// How the sabotaged service of this name is started in a directory.
pub(crate) fn sabotaged(name: &str, directory: &Path) -> Command {
    let mut command = Process::command(Path::new(env!("CARGO_BIN_EXE_vestibule-sabotaged")), directory);
    command.arg(name);
    command
}
