//! `keys`: what is in the key file, without ever showing a key.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;
use vestibule_adapters_crypto::{KeyFile, KeyReport, KeyStanding};
use vestibule_application::ports::Clock;
use vestibule_domain::time::Timestamp;

use super::{
    BadArgument,
    output::{readable, time},
};
use crate::{compose::keys, settings::Settings};

/// Running services heed all of these within seconds, or at once after SIGHUP.
#[derive(Subcommand)]
pub(super) enum KeysCommand {
    /// Make a key file where there is none. `serve` does it too, for a store that was never used.
    Create,
    /// List the keys, newest first.
    List,
    /// Add a key, which signs and seals once every node knows it; older ones stay good for a while.
    Rotate {
        /// How long until it signs: longer than it takes to bring the file to all nodes, and than verifiers keep the
        /// published keys, which is a minute.
        #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = span)]
        activate_after: Duration,
        /// How long what older keys signed and sealed is accepted from then on; the longest life of a session when
        /// left out.
        #[arg(long, value_name = "DURATION", value_parser = span)]
        overlap: Option<Duration>,
    },
    /// Take a key away that others may know: what it signed or sealed is refused.
    Revoke {
        /// The key's id, which is no secret.
        id: String,
    },
    /// Take away the keys that are over.
    Prune,
}

#[derive(Serialize)]
struct KeyDocument {
    id: String,
    /// What it does now.
    standing: &'static str,
    created: Option<String>,
    signs_from: Option<String>,
    verifies_until: Option<String>,
}

impl From<KeyReport> for KeyDocument {
    fn from(report: KeyReport) -> Self {
        Self {
            id: report.id,
            standing: match report.standing {
                KeyStanding::Waiting => "waiting",
                KeyStanding::Signing => "signing",
                KeyStanding::Verifying => "verifying",
                KeyStanding::Over => "over",
            },
            created: report.created.map(time),
            signs_from: (report.signs_from != Timestamp::EPOCH).then(|| time(report.signs_from)),
            verifies_until: report.until.map(time),
        }
    }
}

/// Does it, and gives the keys that are there afterwards as they are to be printed.
pub(super) fn run(command: KeysCommand, settings: &Settings, clock: &dyn Clock, json: bool) -> Result<String> {
    let file = keys::file(settings).ok_or_else(|| {
        let advice = "storage.url is memory: such a store has a key of its own, kept in no file; set keys.file";
        BadArgument(advice.to_owned())
    })?;
    let now = clock.now();
    match command {
        KeysCommand::List => {}
        KeysCommand::Create => {
            keys::make_directory(settings)?;
            file.create(now)?;
        }
        KeysCommand::Rotate { activate_after, overlap } => {
            file.rotate(now, activate_after, overlap.unwrap_or_else(|| longest_life(settings)))?;
        }
        KeysCommand::Revoke { id } => file.revoke(&id, now)?,
        KeysCommand::Prune => {
            file.prune(now)?;
        }
    }
    listed(&file, now, json)
}

fn listed(file: &KeyFile, now: Timestamp, json: bool) -> Result<String> {
    let documents: Vec<KeyDocument> = file.load()?.reports(now).into_iter().map(KeyDocument::from).collect();
    let value = serde_json::to_value(documents)?;
    Ok(if json { value.to_string() } else { readable(&value) })
}

/// No token lives longer, be it signed or sealed: all of them are worth nothing without their key.
fn longest_life(settings: &Settings) -> Duration {
    let sessions = &settings.sessions;
    let all = sessions.per_dialect.values().chain([&sessions.lifetimes]);
    all.map(|lifetimes| lifetimes.absolute.max(lifetimes.anonymous)).fold(Duration::ZERO, Duration::max)
}

/// Reads a span of time, which may be nothing.
fn span(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("{error}; write for example 0s, 2m or 30d"))
}
