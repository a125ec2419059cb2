//! How fast the service is, in ratios. Two things are driven in turn, again and again, and the medians of what each did are
//! compared: nothing else means anything on a machine that others use too.
//!
//! Start reading in [`scenarios`]; [`rounds`] is how a ratio comes about.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it tells its results")]
#![recursion_limit = "256"] // SeaORM's futures are nested deeply.

mod answer;
mod bench;
mod cores;
mod figure;
mod instructions;
mod load;
mod peers;
mod place;
mod reference;
mod report;
mod rounds;
mod scenarios;
mod seed;

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, bail, ensure};
use clap::Parser;

use crate::{bench::Bench, cores::Cores};

/// What is to be measured, and for how long.
#[derive(Parser)]
#[command(name = "cargo xtask bench", about = "Measures the service against a bare axum handler")]
struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    /// Short rounds of a small store, with no figure worth anything: to see that all of it works
    #[arg(long, global = true)]
    quick: bool,
    /// Only scenarios whose name has this in it; repeatable
    #[arg(long, global = true, value_name = "NAME")]
    only: Vec<String>,
    /// Rounds of each side [default: 7]
    #[arg(long, global = true)]
    rounds: Option<usize>,
    /// Milliseconds of a round [default: 3000]
    #[arg(long, global = true, value_name = "MILLIS")]
    round: Option<u64>,
    /// Sessions in the store; of more than a million, the others have ended [default: 100000]
    #[arg(long, global = true, value_name = "COUNT")]
    stored: Option<u32>,
    /// The program to measure [default: vestibule beside this one]
    #[arg(long, global = true, value_name = "PATH")]
    service: Option<PathBuf>,
    /// Another build of it, to which reads are compared instead of to the bare handler; with many short rounds, a difference of a
    /// hundredth shows. Leaves docs/performance.md as it is
    #[arg(long, global = true, value_name = "PATH")]
    against: Option<PathBuf>,
    /// Leaves docs/performance.md as it is
    #[arg(long, global = true)]
    dry: bool,
}

#[derive(clap::Subcommand)]
enum Instead {
    /// Serves what everything is compared with, until its input ends
    #[command(hide = true)]
    Reference,
    /// Reads rows of a database for a while, and prints how many
    #[command(hide = true)]
    Rows { url: String, sessions: u32, millis: u64 },
    /// Counts the instructions of a request, and fails if there are more or fewer than are on record
    Instructions {
        /// Records what is counted
        #[arg(long)]
        accept: bool,
    },
    /// Measures the other systems that were set up by bench/peers/NAME/setup.sh, beside the service
    Peers,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    match &arguments.instead {
        Some(Instead::Reference) => return runtime()?.block_on(reference::serve()),
        Some(Instead::Rows { url, sessions, millis }) => {
            let rows = scenarios::nodes::rows(url, *sessions, Duration::from_millis(*millis));
            return runtime()?.block_on(rows);
        }
        Some(Instead::Instructions { accept }) => return instructions::run(*accept),
        Some(Instead::Peers) | None => {}
    }
    // Before the runtime, whose threads run where this one does.
    Cores::Others.enter();
    runtime()?.block_on(async {
        tokio::select! {
            done = run(&arguments) => done,
            // What was started ends as it is dropped.
            _ = tokio::signal::ctrl_c() => bail!("interrupted"),
        }
    })
}

fn runtime() -> Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_multi_thread().enable_all().build()?)
}

async fn run(arguments: &Arguments) -> Result<()> {
    let (rounds, round, stored) = if arguments.quick { (1, 200, 1_000) } else { (7, 3_000, 100_000) };
    let service = match &arguments.service {
        Some(service) => service.clone(),
        None => env::current_exe()?.with_file_name("vestibule"),
    };
    let bench = Bench::new(
        arguments.rounds.unwrap_or(rounds).max(1),
        Duration::from_millis(arguments.round.unwrap_or(round)),
        arguments.stored.unwrap_or(stored).max(1_000),
        found(&service)?,
        arguments.against.as_deref().map(found).transpose()?,
    );
    let is_dry = arguments.quick || arguments.dry || arguments.against.is_some();
    if let Some(Instead::Peers) = arguments.instead {
        let table = peers::table(&bench, &arguments.only).await?;
        return if is_dry { Ok(()) } else { report::write_peers(&table) };
    }
    let is_wanted = |name: &str| arguments.only.is_empty() || arguments.only.iter().any(|only| name.contains(only));
    let wanted: Vec<_> = scenarios::ALL.iter().filter(|scenario| is_wanted(scenario.name)).collect();
    let names: Vec<_> = scenarios::ALL.iter().map(|scenario| scenario.name).collect();
    ensure!(!wanted.is_empty(), "no scenario is called so; there are: {}", names.join(", "));
    for (number, scenario) in wanted.iter().enumerate() {
        eprintln!("==> {} ({} of {})", scenario.name, number + 1, wanted.len());
        let figures = (scenario.run)(&bench).await.with_context(|| format!("{} cannot be measured", scenario.name))?;
        for figure in &figures {
            let standing = if arguments.quick { String::new() } else { figure.standing() };
            println!("{}: {}; {standing}; {}", figure.what, figure.found(), figure.note);
        }
        if !is_dry {
            report::write(scenario.name, &figures)?;
        }
    }
    Ok(())
}

fn found(program: &Path) -> Result<PathBuf> {
    fs::canonicalize(program).with_context(|| format!("there is no {}", program.display()))
}
