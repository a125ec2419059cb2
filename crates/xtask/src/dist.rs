//! The program as it is shipped: built once to see what it does all day, and again for just that.
//!
//! The compiler then knows which of two ways is taken and what is called a thousand times as often as the rest, puts that
//! together, and leaves small what is seldom done. Only counts go from one build to the other, so whatever does not fit what
//! was seen is only not as fast.

use std::{
    env, fs,
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

/// Builds it, and says where it is. `plain`: without watching it first.
pub(crate) fn build(plain: bool) -> Result<PathBuf> {
    let folder = env::current_dir()?.join("target").join("shipped");
    fs::create_dir_all(&folder)?;
    let tool = if plain { None } else { profdata()? };
    if tool.is_none() && !plain {
        eprintln!(
            "    there is no llvm-profdata, so the program is built without having been watched, and is slower; \
             `rustup component add llvm-tools` or your system's package llvm brings it"
        );
    }
    let program = match tool {
        Some(tool) => watched(&tool, &folder)?,
        None => built(&folder.join("plain"), None)?,
    };
    let shipped = folder.join("vestibule");
    fs::copy(&program, &shipped).with_context(|| format!("cannot write {}", shipped.display()))?;
    Ok(shipped)
}

fn watched(tool: &Path, folder: &Path) -> Result<PathBuf> {
    let (seen, merged) = (folder.join("seen"), folder.join("seen.profdata"));
    let under_watch = built(&folder.join("watched"), Some(&format!("-Cprofile-generate={}", seen.display())))?;
    let written = |file: &Path| fs::metadata(file)?.modified();
    if !merged.exists() || written(&merged)? < written(&under_watch)? {
        watch(&under_watch, &seen)?;
        let files: Vec<PathBuf> = fs::read_dir(&seen)?.map(|file| Ok(file?.path())).collect::<Result<_>>()?;
        ensure!(!files.is_empty(), "the program did not write down what it did");
        run(Command::new(tool).args(["merge", "--output"]).arg(&merged).args(files))?;
    }
    built(&folder.join("built"), Some(&format!("-Cprofile-use={}", merged.display())))
}

/// Has the program do that, and write into this folder what it saw of itself.
fn watch(program: &Path, seen: &Path) -> Result<()> {
    run(&mut cargo(&["build", "--package", "vestibule-bench", "--bins"]))?;
    // Of earlier programs.
    if seen.exists() {
        fs::remove_dir_all(seen)?;
    }
    let mut day = Command::new(beside()?.join("vestibule-bench"));
    day.args(["--dry", "--rounds", "1", "--round", "3000", "--stored", "10000", "--service"]).arg(program);
    run(day.args(ALL_DAY.iter().flat_map(|scenario| ["--only", scenario])))
}

/// Builds the program in this folder with more flags for the compiler.
fn built(folder: &Path, flags: Option<&str>) -> Result<PathBuf> {
    let host = rustc(&["--print", "host-tuple"])?;
    // For a target that is named, flags are not those of build scripts and macros.
    let mut build = cargo(&["build", "--locked", "--profile", PROFILE, "--bin", "vestibule", "--target", &host]);
    build.arg("--target-dir").arg(folder);
    if let Some(flags) = flags {
        let given = env::var("RUSTFLAGS").unwrap_or_default();
        // Separated so, flags may have spaces in them, as paths do.
        let all: Vec<&str> = given.split_whitespace().chain([flags]).collect();
        build.env("CARGO_ENCODED_RUSTFLAGS", all.join("\x1f"));
    }
    run(&mut build)?;
    Ok(folder.join(host).join(PROFILE).join("vestibule"))
}

/// What puts together what was seen: the compiler's own, or the newest there is here.
fn profdata() -> Result<Option<PathBuf>> {
    let (sysroot, host) = (rustc(&["--print", "sysroot"])?, rustc(&["--print", "host-tuple"])?);
    let own = Path::new(&sysroot).join("lib/rustlib").join(host).join("bin/llvm-profdata");
    let newest = || (15..40).rev().find_map(|version| installed(&format!("llvm-profdata-{version}")));
    Ok(Some(own).filter(|own| own.is_file()).or_else(newest).or_else(|| installed("llvm-profdata")))
}

fn rustc(arguments: &[&str]) -> Result<String> {
    let program = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(program).args(arguments).output().context("cannot run rustc")?;
    ensure!(output.status.success(), "rustc {arguments:?} ended with {}", output.status);
    Ok(String::from_utf8(output.stdout)?.trim().to_owned())
}
