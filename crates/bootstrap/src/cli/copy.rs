//! `copy`.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use clap::Args;
use serde_json::json;

use super::{BadArgument, output::readable, print};
use crate::{
    compose,
    copy::{Compared, Progress, Tally, copy, name},
    settings::{Settings, StoreUrl},
    telemetry::tell,
};

#[derive(Args)]
pub(super) struct CopyArgs {
    /// The store to copy. It is only read.
    #[arg(long, value_name = "URL", required_unless_present = "from_file", conflicts_with = "from_file")]
    from: Option<String>,
    /// A file with its URL: what stands on the command line, everybody on this machine can read.
    #[arg(long, value_name = "FILE")]
    from_file: Option<PathBuf>,
    /// The Redis in which the sessions of that store are, if they are in one.
    #[arg(long, value_name = "URL", conflicts_with = "from_sessions_file")]
    from_sessions: Option<String>,
    /// A file with its URL.
    #[arg(long, value_name = "FILE")]
    from_sessions_file: Option<PathBuf>,
    /// The store that becomes the copy, sessions included: a Redis that is put beside it takes those that begin later.
    #[arg(long, value_name = "URL", required_unless_present = "to_file", conflicts_with = "to_file")]
    to: Option<String>,
    /// A file with its URL.
    #[arg(long, value_name = "FILE")]
    to_file: Option<PathBuf>,
    /// Replace what the store holds, even if it is not an older copy.
    #[arg(long)]
    overwrite: bool,
}

pub(super) async fn run(args: &CopyArgs, settings: &Settings, as_json: bool) -> Result<()> {
    let from = url("from", args.from.as_deref(), args.from_file.as_deref())?;
    let to = url("to", args.to.as_deref(), args.to_file.as_deref())?;
    if from == to {
        return Err(BadArgument("--from and --to are the same store".to_owned()).into());
    }
    let sessions = match (args.from_sessions.as_deref(), args.from_sessions_file.as_deref()) {
        (None, None) => None,
        (given, file) => Some(url("from-sessions", given, file)?),
    };
    let (from, to) = compose::open_both(settings, (from, sessions), to).await?;
    let compared = copy(&from.ports, &to.ports, args.overwrite, &Progress::of_process()).await?;
    from.close().await?;
    to.close().await?;
    print(&report(&compared, as_json))?;
    verdict(&compared)?;
    tell(
        "the copy is complete and equal. Start the service on it with the same keys.file: under another key every \
         signed token, and every session that is anonymous, would be refused",
    );
    Ok(())
}

/// Whether the copy is one.
fn verdict(compared: &[Compared]) -> Result<()> {
    let differing = compared.iter().filter(|both| both.from != both.to).map(|both| name(both.kind));
    let differing = differing.collect::<Vec<_>>().join(", ");
    ensure!(
        differing.is_empty(),
        "the copy is not equal yet: these changed while they were copied: {differing}. Stop the service on --from, or \
         run the same command again: it copies only what has changed"
    );
    Ok(())
}

/// The URL of a store, given or in a file. It is told to nobody, not even when it is none: it may have a password in it.
fn url(option: &str, given: Option<&str>, file: Option<&Path>) -> Result<StoreUrl, BadArgument> {
    let bad = |reason: String| BadArgument(format!("--{option}: {reason}"));
    let text = match (given, file) {
        (Some(url), _) => url.to_owned(),
        (None, Some(file)) => std::fs::read_to_string(file)
            .map_err(|error| BadArgument(format!("--{option}-file: cannot read {}: {error}", file.display())))?,
        (None, None) => return Err(bad("a URL is missing".to_owned())),
    };
    match StoreUrl::parse(text.trim()) {
        Some(url) if url.is_memory() => {
            Err(bad("memory: lives only inside a running service, out of a command's reach".to_owned()))
        }
        Some(url) => Ok(url),
        None => Err(bad("must be sqlite:///absolute/path/file.db, redb:///absolute/path/file.redb, postgres://... or mysql://..., for \
             --from-sessions redis://...".to_owned())),
    }
}

fn report(compared: &[Compared], as_json: bool) -> String {
    let checksum = |tally: &Tally| {
        let full = tally.checksum.to_hex();
        if as_json { full.as_str() } else { &full.as_str()[..16] }.to_owned()
    };
    let row = |both: &Compared| {
        json!({
            "kind": name(both.kind),
            "from": both.from.count,
            "from_checksum": checksum(&both.from),
            "to": both.to.count,
            "to_checksum": checksum(&both.to),
            "equal": both.from == both.to,
            "copied": both.copied,
        })
    };
    let rows = compared.iter().map(row).collect();
    if as_json { serde_json::Value::Array(rows).to_string() } else { readable(&serde_json::Value::Array(rows)) }
}

#[cfg(test)]
mod tests {
    use vestibule_application::ports::archive::Kind;

    use super::*;

    #[test]
    fn a_url_that_is_none_is_not_told() {
        let refused = url("from", Some("postgre://ann:hunter2@host/db"), None).err().unwrap().to_string();
        assert!(refused.starts_with("--from: must be sqlite://") && !refused.contains("hunter2"), "{refused}");
        assert!(url("to", Some("memory:"), None).err().unwrap().to_string().contains("memory:"));
        assert!(url("to", None, Some(Path::new("/nonexistent"))).err().unwrap().to_string().contains("/nonexistent"));
    }

    #[test]
    fn what_differs_after_copying_is_named_with_what_to_do() {
        let tally = |text: &str| Tally { count: 1, checksum: blake3::hash(text.as_bytes()) };
        let both = |kind, to| Compared { kind, from: tally("a"), to: tally(to), copied: 1 };
        assert!(verdict(&[both(Kind::User, "a")]).is_ok());
        let error = verdict(&[both(Kind::User, "a"), both(Kind::Session, "b")]).err().unwrap().to_string();
        assert!(error.contains(": sessions. Stop the service"), "{error}");
    }
}
