//! What it takes up.

use std::{fs, process::Command};

use anyhow::{Context, Result};

use super::reads::easydb_read;
use crate::{
    bench::{Bench, CONNECTIONS, requests_of},
    cores::Cores,
    figure::{Figure, Target, Unit},
    load::Question,
    rounds::whole,
    seed::Stored,
};

/// Of an idle service, and of each session that it holds once it was asked for.
pub(super) async fn memory(bench: &Bench) -> Result<Vec<Figure>> {
    let served = bench.usual().await?;
    let few = bench.serve(Stored { sessions: 1_000, cheap: false }, "", Cores::First).await?;
    tokio::time::sleep(bench.round).await;
    let idle = few.running.resident()?;
    // Connections and the store's caches are there before anything counts.
    let (first, live) = (served.stored.live() / 10, served.stored.live());
    let ask = async |numbers| {
        let requests = requests_of(numbers, easydb_read);
        bench.each(&served.running, &Question::each_of(requests, 200), CONNECTIONS).await
    };
    ask(0..first).await?;
    let before = served.running.resident()?;
    ask(first..live).await?;
    let after = served.running.resident()?;
    let held = live - first;
    #[expect(clippy::cast_precision_loss, reason = "bytes of a process")]
    let (idle, each) = (idle as f64, (after as f64 - before as f64) / f64::from(held));
    let note = format!("{} sessions were asked for after {}", whole(held.into()), whole(first.into()));
    Ok(vec![
        Figure::single("memory, idle", Unit::Bytes, Target::AtMost(25e6), idle, String::new()),
        Figure::single("memory of a session held", Unit::Bytes, Target::AtMost(400.0), each, note),
    ])
}

/// The program without what only debuggers read.
pub(super) fn binary(bench: &Bench) -> Result<Vec<Figure>> {
    let directory = tempfile::tempdir()?;
    let stripped = directory.path().join("vestibule");
    let strip = Command::new("strip").arg("-o").arg(&stripped).arg(&bench.service).status();
    let (program, note) = match strip {
        Ok(status) if status.success() => (&stripped, ""),
        _ => (&bench.service, "not stripped, because there is no `strip`"),
    };
    let bytes = fs::metadata(program).context("there is no such program")?.len();
    #[expect(clippy::cast_precision_loss, reason = "bytes of a program")]
    let bytes = bytes as f64;
    Ok(vec![Figure::single("program, stripped", Unit::Bytes, Target::AtMost(25e6), bytes, note.to_owned())])
}
