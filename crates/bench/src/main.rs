//! How fast the service is, in ratios. Two things are driven in turn, again and again, and the medians of what each did are
//! compared: nothing else means anything on a machine that others use too.
//!
//! Start reading in [`scenarios`]; [`rounds`] is how a ratio comes about.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "it tells its results")]

mod load;
mod place;
mod reference;
mod report;
mod rounds;
mod scenarios;
mod seed;

use std::time::Duration;

use anyhow::Result;
use clap::Parser;

/// What is to be measured, and for how long.
#[derive(Parser)]
#[command(about = "Measures the release build against a bare axum handler")]
struct Arguments {
    #[command(subcommand)]
    instead: Option<Instead>,
    /// A round of a second, and few sessions: to see that it works
    #[arg(long)]
    quick: bool,
    /// Only scenarios whose name has this in it
    #[arg(long)]
    only: Option<String>,
    /// Rounds of each side
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// Sessions in the store
    #[arg(long, default_value_t = 100_000)]
    sessions: u32,
    /// Writes docs/performance.md
    #[arg(long)]
    write: bool,
}

#[derive(clap::Subcommand)]
enum Instead {
    /// Serves what everything is compared with, until its input ends
    #[command(hide = true)]
    Reference,
}

/// How much is measured.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Effort {
    pub(crate) rounds: usize,
    pub(crate) round: Duration,
    pub(crate) sessions: u32,
}

#[tokio::main]
async fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(Instead::Reference) = arguments.instead {
        return reference::serve().await;
    }
    let effort = if arguments.quick {
        Effort { rounds: 2, round: Duration::from_secs(1), sessions: arguments.sessions.min(1_000) }
    } else {
        Effort { rounds: arguments.rounds.max(1), round: Duration::from_secs(3), sessions: arguments.sessions }
    };
    let mut measured = Vec::new();
    for scenario in scenarios::ALL {
        if arguments.only.as_deref().is_none_or(|only| scenario.name.contains(only)) {
            eprintln!("==> {}", scenario.name);
            let result = (scenario.run)(effort).await?;
            println!("{}", report::line(scenario, &result));
            measured.push((scenario, result));
        }
    }
    if arguments.write {
        report::write(&measured, effort)?;
    }
    Ok(())
}
