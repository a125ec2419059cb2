//! What is told of it: the table of the page, and a plot.

mod plot;

use std::{collections::BTreeMap, fs};

use anyhow::{Context, Result};

use crate::figure::Figure;

const PAGE: &str = "docs/performance.md";
const PLOTS: &str = "docs/performance";
const BEGIN: &str = "<!-- measured: cargo xtask bench -->\n";
const END: &str = "<!-- end of what was measured -->\n";
const HEAD: &str = "| what | target | median (least to most) | made of |\n|---|---|---|---|\n";

const PEERS: &str = "<!-- measured: cargo xtask bench peers -->\n";
const PEERS_END: &str = "<!-- end of the peers -->\n";

/// Replaces the table of peers.
pub(crate) fn write_peers(table: &str) -> Result<()> {
    let page = fs::read_to_string(PAGE).with_context(|| format!("{PAGE} is not there: run it in the workspace"))?;
    let (before, rest) = page.split_once(PEERS).context("the page has no place for peers")?;
    let (_, after) = rest.split_once(PEERS_END).context("the table of peers has no end")?;
    fs::write(PAGE, format!("{before}{PEERS}{table}{PEERS_END}{after}")).context("cannot write the page")
}

/// Replaces the rows of a scenario's figures, adds those that are new, and leaves the others; and likewise its plot.
pub(crate) fn write(name: &str, figures: &[Figure]) -> Result<()> {
    let page = fs::read_to_string(PAGE).with_context(|| format!("{PAGE} is not there: run it in the workspace"))?;
    fs::write(PAGE, with(&page, figures)?)?;
    if let Some(plot) = plot::of(figures) {
        fs::create_dir_all(PLOTS)?;
        fs::write(format!("{PLOTS}/{name}.svg"), plot)?;
    }
    Ok(())
}

fn with(page: &str, figures: &[Figure]) -> Result<String> {
    let (before, rest) = page.split_once(BEGIN).context("the page has no place for the table")?;
    let (table, after) = rest.split_once(END).context("the table of the page has no end")?;
    let mut new: BTreeMap<&str, &Figure> = figures.iter().map(|figure| (figure.what.as_str(), figure)).collect();
    let mut rows = String::new();
    for row in table.strip_prefix(HEAD).unwrap_or_default().lines() {
        let what = row.split('|').nth(1).unwrap_or_default().trim();
        rows += &new.remove(what).map_or_else(|| row.to_owned(), Figure::row);
        rows.push('\n');
    }
    for figure in figures.iter().filter(|figure| new.contains_key(figure.what.as_str())) {
        rows += &figure.row();
        rows.push('\n');
    }
    Ok(format!("{before}{BEGIN}{HEAD}{rows}{END}{after}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figure::{Target, Unit};

    fn figure(what: &str, value: f64) -> Figure {
        Figure::single(what, Unit::Ratio, Target::AtLeast(0.5), value, "note".to_owned())
    }

    #[test]
    fn rows_are_replaced_in_their_place_and_others_are_left() {
        let page = format!("before\n{BEGIN}{END}after\n");
        let page = with(&page, &[figure("a", 0.25), figure("b", 0.75)]).unwrap();
        let page = with(&page, &[figure("c", 1.0), figure("a", 2.0)]).unwrap();
        let rows = "| a | at least 0.50: met | 2.00 | note |\n| b | at least 0.50: met | 0.75 | note |\n\
                    | c | at least 0.50: met | 1.00 | note |\n";
        assert_eq!(page, format!("before\n{BEGIN}{HEAD}{rows}{END}after\n"));
        assert!(with("nothing", &[]).is_err());
    }
}
