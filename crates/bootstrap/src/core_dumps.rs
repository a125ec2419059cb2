//! Core dumps: none, because passwords and tokens of requests that have ended linger in freed memory.

use std::io;

#[cfg(target_os = "linux")]
use rustix::process::{DumpableBehavior, set_dumpable_behavior};
use rustix::process::{Resource, Rlimit, setrlimit};

/// This process leaves no core dump from now on, however it ends. On Linux nobody but root can attach to it or read its
/// memory either; programs that dumps are piped to are not called.
pub(crate) fn forbid() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}
