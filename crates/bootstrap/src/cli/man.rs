//! `man`.

use std::{fs, path::PathBuf};

use anyhow::{Context, Result};
use clap::Args;
use clap_mangen::Man;

use super::print;

#[derive(Args)]
pub(super) struct ManArgs {
    /// A directory for all pages: `vestibule.1` and one for each command. Made when it is missing.
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(super) fn run(args: &ManArgs, program: clap::Command) -> Result<()> {
    if let Some(directory) = &args.out {
        let written = fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(program, directory));
        return written.with_context(|| format!("cannot write to {}", directory.display()));
    }
    let mut page = Vec::new();
    Man::new(program).render(&mut page)?;
    Ok(print(String::from_utf8(page)?.trim_end())?)
}
