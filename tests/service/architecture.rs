//! The house's rules on who may know whom, read from `cargo metadata`.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::Command,
};

use serde_json::Value;

/// Which of our crates each of our crates may depend on, tests aside.
const ALLOWED: [(&str, &[&str]); 15] = [
    ("domain", &[]),
    ("application", &["domain"]),
    ("adapters-http", &["domain", "application"]),
    ("adapters-db", &["domain", "application"]),
    ("adapters-redb", &["domain", "application"]),
    ("adapters-cache", &["domain", "application"]),
    ("adapters-redis", &["domain", "application"]),
    ("adapters-crypto", &["domain", "application", "system"]),
    ("storage-contract", &["domain", "application"]),
    ("input-laws", &["domain", "application", "adapters-http", "adapters-crypto"]),
    (
        "bootstrap",
        &[
            "domain",
            "application",
            "adapters-http",
            "adapters-db",
            "adapters-redb",
            "adapters-redis",
            "adapters-cache",
            "adapters-crypto",
            "system",
        ],
    ),
    ("bench", &["domain", "application", "adapters-db", "adapters-crypto"]),
    ("system", &[]),
    ("xtask", &[]),
    ("tests", &["domain", "application", "adapters-cache", "adapters-db", "adapters-http", "bootstrap"]),
];

/// What the two inner crates may use at all: nothing that waits, stores, serves or serialises.
const INNER: [(&str, &[&str]); 2] = [
    (
        "domain",
        &[
            "email_address",
            "idna",
            "jiff",
            "regex",
            "smol_str",
            "subtle",
            "thiserror",
            "unicode-normalization",
            "uuid",
            "zeroize",
        ],
    ),
    ("application", &["async-trait", "foldhash", "ipnet", "mockall", "thiserror", "tracing", "uuid", "zxcvbn"]),
];

/// Each of our crates with its dependencies, those for tests left out.
fn dependencies() -> BTreeMap<String, BTreeSet<String>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let of = |package: &Value| {
        let kept = package["dependencies"].as_array().unwrap().iter().filter(|one| one["kind"] != "dev");
        kept.map(|one| one["name"].as_str().unwrap().to_owned()).collect()
    };
    let packages = metadata["packages"].as_array().unwrap();
    packages.iter().map(|package| (ours(package["name"].as_str().unwrap()).unwrap(), of(package))).collect()
}

fn ours(name: &str) -> Option<String> {
    name.strip_prefix("vestibule-").map(str::to_owned)
}

/// TX-2.
#[test]
fn dependencies_point_inwards_and_adapters_do_not_know_each_other() {
    let found = dependencies();
    let known: BTreeSet<&str> = ALLOWED.iter().map(|(name, _)| *name).collect();
    assert_eq!(found.keys().map(String::as_str).collect::<BTreeSet<_>>(), known, "a crate is not on the list above");
    for (name, allowed) in ALLOWED {
        for dependency in found[name].iter().filter_map(|dependency| ours(dependency)) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not depend on {dependency}");
        }
    }
}

#[test]
fn the_inner_crates_use_nothing_that_touches_the_world() {
    let found = dependencies();
    for (name, allowed) in INNER {
        for dependency in found[name].iter().filter(|dependency| ours(dependency).is_none()) {
            assert!(allowed.contains(&dependency.as_str()), "{name} must not use {dependency}");
        }
    }
}
