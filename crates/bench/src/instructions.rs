//! Instructions of a request: the same from run to run, whatever else the machine does, and so a gate.

use std::{collections::BTreeMap, env, fmt::Write, fs, process::Command};

use anyhow::{Context, Result, bail, ensure};

/// What is on record: a path and its instructions on each line.
const RECORD: &str = "crates/bench/instructions.tsv";
/// As `examples/hot_path.rs` calls them.
const PATHS: [&str; 3] = ["anonymous", "easydb", "vprotect"];
/// How far, in percent, a count may be from what is on record. Runs of one program differ by two or three, because tables are
/// hashed with other seeds each time; another compiler is worth more.
const TOLERANCE: f64 = 5.0;
/// Requests of the shorter run. The longer has twice as many, so that all that is done once falls out.
const REQUESTS: u32 = 2_000;

/// Counts, and compares with the record; or writes it.
pub(crate) fn run(accept: bool) -> Result<()> {
    let record = if accept { BTreeMap::new() } else { read()? };
    let (mut text, mut off) = (String::new(), Vec::new());
    for path in PATHS {
        eprintln!("==> instructions of {path}");
        let counted = (count(path, 2 * REQUESTS)? - count(path, REQUESTS)?) / f64::from(REQUESTS);
        writeln!(text, "{path}\t{counted:.0}")?;
        if accept {
            println!("{path}: {counted:.0} instructions");
            continue;
        }
        let recorded = record.get(path).with_context(|| format!("{RECORD} has nothing on {path}: use --accept"))?;
        let percent = 100.0 * (counted / recorded - 1.0);
        println!("{path}: {counted:.0} instructions, {percent:+.1} % of the {recorded:.0} on record");
        if percent.abs() > TOLERANCE {
            off.push(path);
        }
    }
    if accept {
        return fs::write(RECORD, text).context("cannot write the record");
    }
    ensure!(
        off.is_empty(),
        "beyond {TOLERANCE} %: {}; if that is meant, `cargo xtask bench instructions --accept`",
        off.join(", ")
    );
    Ok(())
}

fn read() -> Result<BTreeMap<String, f64>> {
    let text = fs::read_to_string(RECORD).with_context(|| format!("{RECORD} is not there: use --accept"))?;
    let line = |line: &str| {
        let (path, count) = line.split_once('\t').context("the record is malformed")?;
        Ok((path.to_owned(), count.parse()?))
    };
    text.lines().map(line).collect()
}

/// All instructions of a run with so many requests.
fn count(path: &str, requests: u32) -> Result<f64> {
    let program = env::current_exe()?.with_file_name("examples").join("hot_path");
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .args([path, &requests.to_string()])
        .output()
        .context("instructions are counted by valgrind: `apt-get install valgrind`")?;
    let told = String::from_utf8_lossy(&run.stderr);
    if !run.status.success() {
        bail!("the hot path ended with {}: {told}", run.status);
    }
    let collected = told.lines().find_map(|line| line.split_once("Collected :")).context("valgrind counted nothing")?;
    Ok(collected.1.trim().parse()?)
}
