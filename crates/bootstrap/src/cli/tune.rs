//! `tune`.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::{BadArgument, output::lifetime, print};
use crate::{
    compose::{Measured, tune},
    settings::Settings,
    telemetry::tell,
};

#[derive(Args)]
pub(super) struct TuneArgs {
    /// How long one password hash may take when all threads are at work.
    #[arg(long, value_name = "TIME", value_parser = lifetime, default_value = "150ms")]
    target: Duration,
    /// The memory that one hash may take, in MiB. Each thread takes as much.
    #[arg(long, value_name = "MIB", default_value = "64", value_parser = clap::value_parser!(u32).range(19..=4096))]
    memory: u32,
}

pub(super) fn run(args: &TuneArgs, settings: &Settings, json: bool) -> Result<()> {
    if args.target > Duration::from_secs(10) {
        return Err(BadArgument("nobody waits for a login that long; give --target 10s or less".to_owned()).into());
    }
    let threads = settings.passwords.hash_threads;
    let measured = tune(threads, args.target, args.memory * 1024, |step| tell(&format!("{step} ...")))?;
    Ok(print(&if json { document(&measured) } else { proposal(&measured, args.target) })?)
}

/// The settings to paste, with what they mean.
fn proposal(measured: &Measured, target: Duration) -> String {
    let cost = measured.cost;
    let threads = measured.threads;
    let slow = if measured.each > target * 2 {
        "# This is the least that is safe, and this machine is slow or busy.\n"
    } else {
        ""
    };
    format!(
        "# One hash takes {} ms with {threads} hashing at once: {:.0} logins per second, and {} MiB of memory for them.\n\
         {slow}[passwords.argon2]\nmemory_kib = {}\niterations = {}\nparallelism = {}",
        measured.each.as_millis(),
        measured.per_second(),
        measured.memory_kib().div_ceil(1024),
        cost.memory_kib,
        cost.iterations,
        cost.parallelism,
    )
}

fn document(measured: &Measured) -> String {
    json!({
        "memory_kib": measured.cost.memory_kib,
        "iterations": measured.cost.iterations,
        "parallelism": measured.cost.parallelism,
        "threads": measured.threads,
        "hash_ms": u64::try_from(measured.each.as_millis()).unwrap_or(u64::MAX),
        "logins_per_second": measured.per_second(),
        "memory_at_full_load_kib": measured.memory_kib(),
    })
    .to_string()
}
