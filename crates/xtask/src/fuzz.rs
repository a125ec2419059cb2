//! Fuzzing: each target for a while, on the stable compiler.

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Context, Result, bail};

use crate::{cargo, have, is_here, say};

const TARGETS: &str = "fuzz/fuzz_targets";
/// What is found is kept here, beside what `tests/corpus` has for the target.
const CORPUS: &str = "fuzz/corpus";

/// Runs these targets, or all, for so long each; tells how many inputs each was given, and fails if any broke.
pub(crate) fn run(seconds: u64, targets: Vec<String>) -> Result<()> {
    let program = fs::canonicalize(have("cargo-fuzz", "0.13.2")?)?;
    let targets = if targets.is_empty() { all()? } else { targets };
    crate::run(&mut cargo(&["run", "--quiet", "--package", "vestibule-input-laws", "--example", "seeds", CORPUS]))?;
    crate::run(&mut cargo_fuzz(&program, "build"))?;
    let (mut total, mut broken) = (0, Vec::new());
    for target in targets {
        say(&format!("fuzz {target} for {seconds} s"));
        let (inputs, held) = fuzz(&program, &target, seconds)?;
        println!("{target:>12} {inputs:>12} inputs{}", if held { "" } else { ", BROKEN" });
        total += inputs;
        broken.extend((!held).then_some(target));
    }
    println!("{:>12} {total:>12} inputs", "in all");
    if broken.is_empty() { Ok(()) } else { bail!("broken: {}; the inputs are in fuzz/artifacts", broken.join(", ")) }
}

/// Runs all targets, together for so long, if the fuzzer is here; tells whether it is.
pub(crate) fn briefly(seconds: u64) -> Result<bool> {
    if !is_here("cargo-fuzz") {
        eprintln!(
            "    skipped: fuzzing (`cargo xtask fuzz` installs what it needs); its laws are tested for {seconds} s instead"
        );
        return Ok(false);
    }
    let targets = all()?;
    run(seconds / targets.len().max(1) as u64, targets).map(|()| true)
}

fn all() -> Result<Vec<String>> {
    let files = fs::read_dir(TARGETS).context("there are no targets")?;
    let mut names = Vec::new();
    for file in files {
        names.extend(file?.path().file_stem().map(|name| name.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

/// Sanitizers of addresses need the nightly compiler, and are for unsafe code, of which there is none here. What
/// instruments for coverage is stable but for its name, hence the variable.
fn cargo_fuzz(program: &Path, command: &str) -> Command {
    let mut fuzz = Command::new(program);
    fuzz.args(["fuzz", command, "--sanitizer", "none"]).env("RUSTC_BOOTSTRAP", "1");
    fuzz
}

/// How many inputs the target was given, and whether what it says held of all.
fn fuzz(program: &Path, target: &str, seconds: u64) -> Result<(u64, bool)> {
    let corpus = format!("{CORPUS}/{target}");
    let mut child = cargo_fuzz(program, "run")
        .args([target, &corpus, &format!("fuzz/seeds/{target}"), "--"])
        .args([&format!("-max_total_time={seconds}"), "-print_final_stats=1", "-timeout=10", "-rss_limit_mb=2048"])
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo-fuzz")?;
    let lines = BufReader::new(child.stderr.take().context("it has no standard error")?).lines();
    let (mut inputs, mut last) = (0, Vec::new());
    for line in lines.map_while(Result::ok) {
        if let Some(count) = line.strip_prefix("stat::number_of_executed_units:") {
            inputs = count.trim().parse().unwrap_or_default();
        }
        last.push(line);
        if last.len() > 60 {
            last.remove(0);
        }
    }
    let held = child.wait()?.success();
    if !held {
        eprintln!("{}", last.join("\n"));
    }
    Ok((inputs, held))
}
