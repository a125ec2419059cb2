//! `completions`, `man`: what the program tells of itself, without a configuration.

use std::{
    fs,
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use clap::Subcommand;
use clap_complete::{Shell, generate};
use clap_mangen::Man;

use super::print;

#[derive(Subcommand)]
pub(super) enum AboutCommand {
    /// Print what a shell needs to complete this program's arguments.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Print the manual page, or write one for each command.
    Man {
        /// A directory for all pages: `vestibule.1` and one for each command. Made when it is missing.
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
}

impl AboutCommand {
    /// Of this program.
    pub(super) fn run(&self, mut program: clap::Command) -> Result<()> {
        let mut text = Vec::new();
        match self {
            Self::Completions { shell } => {
                generate(*shell, &mut program, "vestibule", &mut text as &mut dyn Write);
            }
            Self::Man { out: Some(directory) } => return write_pages(program, directory),
            Self::Man { out: None } => Man::new(program).render(&mut text)?,
        }
        Ok(print(String::from_utf8(text)?.trim_end())?)
    }
}

fn write_pages(program: clap::Command, directory: &Path) -> Result<()> {
    let written = fs::create_dir_all(directory).and_then(|()| clap_mangen::generate_to(program, directory));
    written.with_context(|| format!("cannot write to {}", directory.display()))
}
