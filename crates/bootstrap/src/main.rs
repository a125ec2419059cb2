//! The `vestibule` program. Everything it does is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    vestibule_bootstrap::cli::run()
}
