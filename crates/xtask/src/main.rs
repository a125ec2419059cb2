//! What CI runs and what a person runs: `cargo xtask test`, `cargo xtask ci`, `cargo xtask servers`, `cargo xtask fuzz`,
//! `cargo xtask dist`, `cargo xtask bench`.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a task tells on its terminal what it runs")]

mod bench;
mod dist;
mod fuzz;
mod servers;

use std::{
    env, io,
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use clap::Parser;

use crate::servers::Servers;

/// For how many seconds CI looks for inputs that break something.
const FUZZING: u64 = 110;

/// Where programs are installed for the tasks.
const TOOLS: &str = "target/tools";

#[derive(Parser)]
#[command(name = "cargo xtask", about = "What CI runs and what a person runs")]
enum Task {
    /// Builds the service, then runs every test there is, on database servers of its own
    Test {
        /// Given to `cargo test`, for example `-- --nocapture`
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Formatting, lints, documentation, licences, a little fuzzing, then every test
    Ci,
    /// Starts the database servers of the tests, tells the variables to set, and waits for Ctrl-C or the end of its input
    Servers,
    /// Runs every fuzz target, or those named, from the seeds and what earlier runs have found
    Fuzz {
        /// For so long each
        #[arg(long, default_value_t = 60)]
        seconds: u64,
        /// Those of `fuzz/fuzz_targets`; all when none is named
        targets: Vec<String>,
    },
    /// Builds the program as it is shipped, and says where it is
    Dist {
        /// Without watching it at work first: in a third of the time, and slower
        #[arg(long)]
        plain: bool,
    },
    /// Builds the service as it is shipped, measures it, and writes `docs/performance.md`
    #[command(disable_help_flag = true)]
    Bench {
        /// `--help` tells which
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
}

fn main() -> Result<()> {
    // Wherever it was called, it is about the whole workspace.
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    env::set_current_dir(here.join("../..")).context("the workspace is not where it was built")?;
    match Task::parse() {
        Task::Test { arguments } => test(&arguments, 0),
        Task::Ci => ci(),
        Task::Servers => serve(),
        Task::Fuzz { seconds, targets } => fuzz::run(seconds, targets),
        Task::Dist { plain } => dist::build(plain).map(|program| println!("{}", program.display())),
        Task::Bench { arguments } => bench::run(&arguments),
    }
}

/// With the laws of inputs tried for so many seconds, and at least once.
fn test(arguments: &[String], seconds: u64) -> Result<()> {
    // First of all the program, because tests start it; and everything with it, or it would be built with other features
    // than the tests and its dependencies twice.
    run(&mut cargo(&["build", "--workspace", "--all-targets"]))?;
    generator();
    say("start database servers");
    let servers = Servers::start()?;
    let mut tests = cargo(&["test", "--workspace", "--all-targets"]);
    tests.args(arguments).envs(servers.urls.clone()).env("VESTIBULE_LAWS_SECONDS", seconds.to_string());
    run(&mut tests)?;
    if arguments.is_empty() {
        bench::smoke(&servers)?;
    }
    drop(servers);
    run(&mut cargo(&["test", "--workspace", "--doc"]))
}

fn ci() -> Result<()> {
    run(&mut cargo(&["fmt", "--all", "--check"]))?;
    run(&mut cargo(&["clippy", "--workspace", "--all-targets", "--", "--deny", "warnings"]))?;
    run(cargo(&["doc", "--workspace", "--no-deps"]).env("RUSTDOCFLAGS", "--deny warnings"))?;
    match cargo_deny() {
        Some(program) => run(Command::new(program).args(["check", "licenses", "bans", "sources"]))?,
        None => eprintln!("    skipped: licences, bans and sources (`cargo install cargo-deny` to check them here)"),
    }
    // What is fuzzed are laws that are tested too: where there is no fuzzer, that is done for longer.
    test(&[], if fuzz::briefly(FUZZING)? { 0 } else { FUZZING })
}

/// Nothing but the variables on the standard output, so that a shell can read them.
fn serve() -> Result<()> {
    let servers = Servers::start()?;
    for (variable, url) in &servers.urls {
        println!("export {variable}={url}");
    }
    io::copy(&mut io::stdin(), &mut io::sink()).context("cannot wait for the end of the input")?;
    Ok(())
}

/// The program that checks dependencies. In CI it is installed when it is missing and can be had.
fn cargo_deny() -> Option<PathBuf> {
    let is_wanted = is_here("cargo-deny") || env::var_os("CI").is_some();
    is_wanted.then(|| have("cargo-deny", "0.20.2").ok()).flatten()
}

/// The program that tries the APIs by their documents. Without it those tests say so.
fn generator() {
    let folder = Path::new(TOOLS).join("python");
    let bin = folder.join("bin");
    if bin.join("schemathesis").is_file() {
        return;
    }
    let made = run(Command::new("python3").args(["-m", "venv"]).arg(&folder))
        .and_then(|()| run(Command::new(bin.join("pip")).args(["install", "--quiet", "schemathesis==4.32.5"])));
    if let Err(error) = made {
        say(&format!("go on without schemathesis: {error:#}"));
    }
}

fn is_here(program: &str) -> bool {
    installed(program).is_some() || tool(program).is_file()
}

/// A program that was installed for the tasks alone.
fn tool(program: &str) -> PathBuf {
    Path::new(TOOLS).join("bin").join(program)
}

/// A program of cargo's registry: this machine's own, or one that is installed for the tasks.
fn have(program: &str, version: &str) -> Result<PathBuf> {
    let own = tool(program);
    if let Some(found) = installed(program).or_else(|| own.is_file().then(|| own.clone())) {
        return Ok(found);
    }
    run(&mut cargo(&["install", "--quiet", "--locked", "--root", TOOLS, &format!("{program}@{version}")]))?;
    Ok(own)
}

/// The cargo that runs this task.
fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments);
    cargo
}

fn installed(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    env::split_paths(&path).map(|folder| folder.join(program)).find(|file| file.is_file())
}

/// Tells what runs next.
fn say(what: &str) {
    eprintln!("==> {what}");
}

fn run(command: &mut Command) -> Result<()> {
    let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy().into_owned()).collect();
    let program = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    let line = format!("{program} {}", arguments.join(" "));
    say(&line);
    let begun = Instant::now();
    let status = command.status().with_context(|| format!("cannot run {line}"))?;
    let took = Duration::from_secs(begun.elapsed().as_secs());
    if !status.success() {
        bail!("{line} failed after {took:?}");
    }
    eprintln!("    took {took:?}");
    Ok(())
}
