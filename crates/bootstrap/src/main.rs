//! The `vestibule` program. Everything it does is in the library beside it.

use std::process::ExitCode;

/// A request makes dozens of small allocations, which the system's allocator takes an eighth of the time for.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    vestibule_bootstrap::cli::run()
}
