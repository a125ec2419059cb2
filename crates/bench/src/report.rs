//! What is told of it.

use std::fmt::Write;

use anyhow::{Context, Result};

use crate::{
    Effort,
    scenarios::{Measured, Scenario},
};

const PAGE: &str = "docs/performance.md";
const BEGIN: &str = "<!-- measured: cargo xtask bench --write -->\n";
const END: &str = "<!-- end -->\n";

/// One row of the table.
pub(crate) fn line(scenario: &Scenario, measured: &Measured) -> String {
    let result = match measured {
        Measured::Ratio(rounds) => {
            let (low, high) = rounds.spread();
            format!("{:.2} ({low:.2} to {high:.2})", rounds.ratio())
        }
        #[expect(clippy::cast_precision_loss, reason = "told with one digit")]
        Measured::Bytes(bytes) if *bytes >= 1_000_000 => format!("{:.1} MB", *bytes as f64 / 1e6),
        Measured::Bytes(bytes) => format!("{bytes} bytes"),
        Measured::Time(time) => format!("{} ms", time.as_millis()),
    };
    format!("| {} | {} | {} | {result} |", scenario.name, scenario.against, scenario.target)
}

/// Replaces the table of the page.
pub(crate) fn write(measured: &[(&Scenario, Measured)], effort: Effort) -> Result<()> {
    let page = std::fs::read_to_string(PAGE).with_context(|| format!("{PAGE} is not there: run it in the workspace"))?;
    let (before, rest) = page.split_once(BEGIN).context("the page has no place for the table")?;
    let (_, after) = rest.split_once(END).context("the table of the page has no end")?;
    let mut table = String::from("| what | against | target | measured |\n|---|---|---|---|\n");
    for (scenario, measured) in measured {
        writeln!(table, "{}", line(scenario, measured))?;
    }
    writeln!(table, "\n{} rounds of {:?}, {} sessions.", effort.rounds, effort.round, effort.sessions)?;
    std::fs::write(PAGE, format!("{before}{BEGIN}{table}{END}{after}"))?;
    Ok(())
}
