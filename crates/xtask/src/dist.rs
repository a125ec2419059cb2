//! The program as it is shipped: built once to see what it does all day, and again for just that.
//!
//! The compiler then knows which of two ways is taken and what is called a thousand times as often as the rest, puts that
//! together, and leaves small what is seldom done. Only counts go from one build to the other, so whatever does not fit what
//! was seen is only not as fast.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, ensure};

use crate::{bench::beside, cargo, installed, run};

/// As programs are shipped.
pub(crate) const PROFILE: &str = "dist";

/// What the program does while it is watched: what its users do all day, in short rounds of a small store. On PostgreSQL too,
/// where the variables of `cargo xtask servers` say that there is one. No logins with hashes that take as long as in life: of
/// those alone would be what is done most often.
const ALL_DAY: [&str; 7] = ["read-easydb", "read-vprotect", "verify", "anonymous", "creations", "ends", "nodes"];

/// Has the linker write down in a thirtieth of the room where the program has to be told at its start where it lies.
const PACKED: &str = "-Clink-arg=-Wl,-z,pack-relative-relocs";

/// Flags for the compiler, as Cargo takes them before all others.
const ENCODED: &str = "CARGO_ENCODED_RUSTFLAGS";

/// What stands between them: so they may have spaces in them, as paths do.
const SEPARATOR: &str = "\x1f";

/// Where there is PostgreSQL, if there is.
const POSTGRES: &str = "VESTIBULE_TEST_POSTGRES_URL";

/// Builds it, and says where it is. `plain`: without watching it first.
pub(crate) fn build(plain: bool) -> Result<PathBuf> {
    let folder = env::current_dir()?.join("target").join("shipped");
    fs::create_dir_all(&folder)?;
    let tool = if plain { None } else { profdata(&folder.join("trial"))? };
    if tool.is_none() && !plain {
        eprintln!(
            "    there is no llvm-profdata that fits the compiler, so the program is built without having been watched, and is \
             slower; `rustup component add llvm-tools` brings it, or a package of LLVM 19 or newer"
        );
    }
    let program = match tool {
        Some(tool) => watched(&tool, &folder)?,
        None => built(&folder.join("plain"), None)?,
    };
    // Put in its place whole: the one that is there may be running.
    let (new, shipped) = (folder.join("vestibule.new"), folder.join("vestibule"));
    fs::copy(&program, &new)
        .and_then(|_| fs::rename(&new, &shipped))
        .with_context(|| format!("cannot write {}", shipped.display()))?;
    Ok(shipped)
}

fn watched(tool: &Path, folder: &Path) -> Result<PathBuf> {
    let (seen, merged, ready) = (folder.join("seen"), folder.join("seen.profdata"), folder.join("built"));
    let under_watch = built(&folder.join("watched"), Some(&format!("-Cprofile-generate={}", seen.display())))?;
    // What was seen counts for as long as the program and its day are the same.
    let (day, of) = (format!("{ALL_DAY:?} {:?}", env::var_os(POSTGRES).is_some()), folder.join("seen.day"));
    let written = |file: &Path| fs::metadata(file)?.modified();
    let is_known = fs::read_to_string(&of).is_ok_and(|known| known == day);
    if !is_known || written(&of)? < written(&under_watch)? {
        watch(&under_watch, &seen)?;
        let files: Vec<PathBuf> = fs::read_dir(&seen)
            .context("the program did not write down what it did")?
            .map(|file| Ok(file?.path()))
            .collect::<Result<_>>()?;
        run(Command::new(tool).args(["merge", "--output"]).arg(&merged).args(files))?;
        // Cargo knows where the counts are, and not that they are others now.
        remove(&ready)?;
        fs::write(&of, day)?;
    }
    let mut flags = vec![format!("-Cprofile-use={}", merged.display())];
    // It is for systems like this one. Older ones cannot start it, and say so (glibc before 2.36).
    if runs(&folder.join("trial"), &[PACKED]).is_ok() {
        flags.push(PACKED.to_owned());
    }
    built(&ready, Some(&flags.join(SEPARATOR)))
}

/// Has the program do that, and write into this folder what it saw of itself.
fn watch(program: &Path, seen: &Path) -> Result<()> {
    run(&mut cargo(&["build", "--package", "vestibule-bench", "--bins"]))?;
    // Of earlier programs.
    remove(seen)?;
    let mut day = Command::new(beside()?.join("vestibule-bench"));
    day.args(["--dry", "--rounds", "1", "--round", "3000", "--stored", "10000", "--service"]).arg(program);
    run(day.args(ALL_DAY.iter().flat_map(|scenario| ["--only", scenario])).env_remove("LLVM_PROFILE_FILE"))
}

fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder).with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

/// Builds the program in this folder with more flags for the compiler.
fn built(folder: &Path, flags: Option<&str>) -> Result<PathBuf> {
    let host = rustc(&["--print", "host-tuple"])?;
    // For a target that is named, flags are not those of build scripts and macros.
    let mut build = cargo(&["build", "--locked", "--profile", PROFILE, "--bin", "vestibule", "--target", &host]);
    build.arg("--target-dir").arg(folder);
    if let Some(flags) = flags {
        let given = env::var(ENCODED).unwrap_or_else(|_| {
            let plain = env::var("RUSTFLAGS").unwrap_or_default();
            plain.split_whitespace().collect::<Vec<_>>().join(SEPARATOR)
        });
        let all: Vec<&str> = [given.as_str(), flags].into_iter().filter(|flags| !flags.is_empty()).collect();
        build.env(ENCODED, all.join(SEPARATOR));
    }
    run(&mut build)?;
    Ok(folder.join(host).join(PROFILE).join("vestibule"))
}

/// What puts together what was seen: the compiler's own, or the newest there is here, if the compiler can read what it writes.
fn profdata(trial: &Path) -> Result<Option<PathBuf>> {
    let (sysroot, host) = (rustc(&["--print", "sysroot"])?, rustc(&["--print", "host-tuple"])?);
    let own = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/llvm-profdata");
    let newest = (15..40).rev().filter_map(|version| installed(&format!("llvm-profdata-{version}")));
    let mut tools = [own].into_iter().filter(|own| own.is_file()).chain(newest).chain(installed("llvm-profdata"));
    Ok(tools.find(|tool| fits(tool, trial).is_ok()))
}

/// Whether it does, tried on a program of one line: what is to be merged takes ten minutes to come by.
fn fits(tool: &Path, trial: &Path) -> Result<()> {
    let path = |name: &str| trial.join(name).display().to_string();
    let merged = path("merged");
    runs(trial, &["-Cprofile-generate"])?;
    quietly(Command::new(tool).args(["merge", "--output", &merged, &path("raw")]))?;
    rustc(&[&format!("-Cprofile-use={merged}"), "-o", &path("trial"), &path("trial.rs")])?;
    Ok(())
}

/// Whether a program of one line, built in this folder with these flags, does.
fn runs(trial: &Path, flags: &[&str]) -> Result<()> {
    remove(trial)?;
    fs::create_dir_all(trial)?;
    let (source, program) = (trial.join("trial.rs"), trial.join("trial"));
    fs::write(&source, "fn main() {}")?;
    quietly(Command::new(compiler()).args(flags).arg("-o").args([&program, &source]))?;
    quietly(Command::new(&program).env("LLVM_PROFILE_FILE", trial.join("raw")))?;
    Ok(())
}

fn rustc(arguments: &[&str]) -> Result<String> {
    quietly(Command::new(compiler()).args(arguments))
}

fn compiler() -> OsString {
    env::var_os("RUSTC").unwrap_or_else(|| "rustc".into())
}

/// What it says, if it ends well.
fn quietly(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?} ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
