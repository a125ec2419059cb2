//! Rules that no compiler knows.

use std::{
    fs,
    path::{Path, PathBuf},
};

const DIALECTS: [&str; 5] = ["easydb", "dialogram", "platformos", "dood", "vprotect"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every Rust file below `folder`, with its text.
fn sources(folder: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(root()).unwrap().display().to_string();
                found.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(!found.is_empty(), "nothing to read in {folder}");
    found
}

/// The text without comments and without what follows `#[cfg(test)]` modules written in place.
fn code(text: &str) -> String {
    let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_core_knows_no_dialect_by_name() {
    for folder in [
        "crates/domain/src",
        "crates/application/src",
        "crates/adapters-db/src",
        "crates/adapters-redb/src",
        "crates/adapters-redis/src",
        "crates/adapters-crypto/src",
    ] {
        for (name, text) in sources(folder).iter().filter(|(name, _)| !name.ends_with("tests.rs")) {
            for dialect in DIALECTS {
                assert!(!code(text).to_lowercase().contains(dialect), "{name} names {dialect}");
            }
        }
    }
}

#[test]
fn a_dialect_knows_no_other() {
    for dialect in DIALECTS {
        for (name, text) in sources(&format!("crates/adapters-http/src/dialects/{dialect}")) {
            for other in DIALECTS.iter().filter(|other| **other != dialect) {
                let path = format!("{other}::");
                assert!(!code(&text).contains(&path), "{name} reaches into {other}");
            }
        }
    }
}

#[test]
fn modules_are_named_after_themselves_and_files_are_short() {
    for (name, text) in sources("crates").into_iter().chain(sources("tests")) {
        assert!(!name.ends_with("/mod.rs"), "{name}: name the file after its module");
        let limit = if name.ends_with("tests.rs") || name.contains("/tests/") || name.starts_with("tests/") {
            600
        } else {
            300
        };
        assert!(text.lines().count() <= limit, "{name} has over {limit} lines: split it");
    }
}

#[test]
fn no_name_says_nothing() {
    for (name, text) in sources("crates") {
        for vague in ["Manager", "Helper", "Utils", "Dto", "Impl"] {
            let declared = ["struct ", "enum ", "trait "].iter().any(|kind| {
                code(&text).lines().any(|line| {
                    let after = line.split_once(kind).map_or("", |(_, after)| after);
                    after.split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default().ends_with(vague)
                })
            });
            assert!(!declared, "{name} declares a ...{vague}");
        }
    }
}

#[test]
fn nothing_is_left_for_later() {
    for (name, text) in sources("crates").into_iter().chain(sources("tests")) {
        if name.ends_with("tidy.rs") {
            continue;
        }
        for mark in ["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX"] {
            assert!(!text.contains(mark), "{name} has {mark}");
        }
    }
}

#[test]
fn a_dialects_errors_are_mapped_one_by_one() {
    for (name, text) in sources("crates/adapters-http/src/dialects") {
        if name.contains("/response") {
            let catch_all = code(&text).lines().any(|line| line.trim_start().starts_with("_ =>"));
            assert!(!catch_all, "{name} has a catch-all arm");
        }
    }
}
