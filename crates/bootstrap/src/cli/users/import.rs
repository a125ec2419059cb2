//! `user import`.

mod line;
#[cfg(test)]
mod tests;

use std::{
    fs::File,
    io::{BufRead, BufReader},
    path::PathBuf,
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde::Serialize;
use vestibule_application::operator::import::{Arrival, Import};

use super::{super::output::Context, note_new_role};

#[derive(Args)]
pub(in crate::cli) struct ImportArgs {
    /// The file; `-` is standard input.
    file: PathBuf,
    /// Only say what would be done.
    #[arg(long)]
    dry_run: bool,
}

#[derive(Default, Serialize)]
struct Summary {
    dry_run: bool,
    lines: u64,
    added: u64,
    already_there: u64,
    failed: u64,
}

/// How many lines go by before a person is told that it goes on.
const LINES_BETWEEN_NEWS: u64 = 1000;

pub(super) async fn run(args: &ImportArgs, context: &mut Context<'_>) -> Result<()> {
    let from_input = args.file.as_os_str() == "-";
    let mut file: Box<dyn BufRead> = if from_input {
        Box::new(std::io::empty())
    } else {
        let opened = File::open(&args.file);
        Box::new(BufReader::new(opened.with_context(|| format!("cannot open {}", args.file.display()))?))
    };
    let mut import = context.operator.import(args.dry_run);
    let mut summary = Summary { dry_run: args.dry_run, ..Summary::default() };
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        let input = if from_input { &mut *context.input } else { &mut *file };
        let read = input.read_until(b'\n', &mut bytes);
        if read.with_context(|| format!("cannot read line {}", summary.lines + 1))? == 0 {
            break;
        }
        summary.lines += 1;
        take(&bytes, &mut import, &mut summary, context).await?;
        if summary.lines.is_multiple_of(LINES_BETWEEN_NEWS) {
            let Summary { lines, added, failed, .. } = summary;
            context.note(&format!("{lines} lines read: {added} users added, {failed} lines failed"))?;
        }
    }
    for role in import.created_roles() {
        if args.dry_run {
            context.note(&format!("there is no role {role}; it would be created without rights"))?;
        } else {
            note_new_role(role, context)?;
        }
    }
    context.print(&summary)?;
    if summary.failed > 0 {
        bail!(
            "{} of {} lines were not taken over; see above, mend them and import again",
            summary.failed,
            summary.lines
        );
    }
    Ok(())
}

/// Takes one line over, or tells what is wrong with it. Fails only if the output does.
async fn take(bytes: &[u8], import: &mut Import<'_>, summary: &mut Summary, context: &mut Context<'_>) -> Result<()> {
    let number = summary.lines;
    let newcomer = match line::read(bytes) {
        Ok(None) => return Ok(()),
        Ok(Some(newcomer)) => newcomer,
        Err(wrong) => {
            summary.failed += 1;
            return context.note(&format!("line {number}: {wrong}"));
        }
    };
    let (login, email) = (newcomer.login.clone(), newcomer.email.key());
    match import.user(newcomer).await {
        Ok(Arrival::Added) => summary.added += 1,
        Ok(Arrival::Known(known)) => {
            summary.already_there += 1;
            let other = if known.key() == email { "" } else { ", with another e-mail address" };
            context.note(&format!("line {number}: {login} is there already{other}; nothing was changed"))?;
        }
        Err(error) => {
            summary.failed += 1;
            context.note(&format!("line {number} ({login}): {error:#}", error = anyhow::Error::from(error)))?;
        }
    }
    Ok(())
}
