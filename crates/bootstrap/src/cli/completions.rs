//! `completions`.

use std::io::Write;

use anyhow::Result;
use clap::Args;
use clap_complete::{Shell, generate};

use super::print;

#[derive(Args)]
pub(super) struct CompletionsArgs {
    /// The shell.
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs, program: &mut clap::Command) -> Result<()> {
    let mut script = Vec::new();
    generate(args.shell, program, "vestibule", &mut script as &mut dyn Write);
    Ok(print(String::from_utf8(script)?.trim_end())?)
}
