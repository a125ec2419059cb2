//! Every law on its seeds and on what becomes of them by small changes. A fuzzer goes further: `cargo xtask fuzz`.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test that fails says so by a panic")]
#![expect(clippy::print_stdout, reason = "how much was tried is worth telling")]

use std::{
    env, fs,
    path::Path,
    time::{Duration, Instant},
};

use proptest::{
    prelude::*,
    test_runner::{Config, TestRunner},
};
use vestibule_input_laws::{LAWS, Law, corpora};

fn seeds(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/seeds").join(name);
    let files = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut seeds: Vec<Vec<u8>> = files.map(|file| fs::read(file.unwrap().path()).unwrap()).collect();
    assert!(!seeds.is_empty(), "{name} has seeds");
    seeds.extend(corpora(name));
    seeds.sort();
    seeds
}

#[test]
fn every_law_holds_of_its_seeds() {
    for (name, law) in LAWS {
        for seed in seeds(name) {
            law(&seed);
        }
    }
}

/// Bytes in which parsers are interested.
const ODD: &[&[u8]] = &[
    b"\0",
    b"\r",
    b"\n",
    b"%",
    b"%0d%0a",
    b"\\",
    b"\"",
    b"{",
    b"[",
    b"]",
    b"}",
    b",",
    b":",
    b"//",
    b"@",
    b"..",
    b"=",
    b"&",
    b"+",
    b"\xff",
    b"\xc3",
    b"\xe2\x80\xae",
    b"\xf0\x9f\x90\xa6",
    b"\\u0000",
    b"\\ud800",
    b"1e999",
    b"null",
    b"$",
    b".",
];

/// A place in a seed, how much of it goes, and what comes instead.
type Change = (prop::sample::Index, usize, Vec<u8>);

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let inserted = prop_oneof![
        prop::sample::select(ODD).prop_map(<[u8]>::to_vec),
        prop::collection::vec(any::<u8>(), 0..4),
        (any::<u8>(), 1..2000usize).prop_map(|(byte, times)| vec![byte; times]),
    ];
    prop::collection::vec((any::<prop::sample::Index>(), 0..6usize, inserted), 0..5)
}

/// In one go.
const CASES: u32 = 1500;

/// How long all laws together are tried: what `VESTIBULE_LAWS_SECONDS` says, and at least once.
fn patience() -> Duration {
    let seconds = env::var("VESTIBULE_LAWS_SECONDS").ok().map(|text| text.parse().unwrap());
    Duration::from_secs(seconds.unwrap_or_default())
}

#[test]
fn every_law_holds_of_mutated_seeds() {
    let for_each = patience() / u32::try_from(LAWS.len()).unwrap();
    for (name, law) in LAWS {
        let (seeds, begun, mut inputs) = (seeds(name), Instant::now(), 0);
        while inputs == 0 || begun.elapsed() < for_each {
            assert_holds_of_mutations(name, law, &seeds);
            inputs += CASES;
        }
        println!("{name:>12} {inputs:>12} inputs");
    }
}

fn assert_holds_of_mutations(name: &str, law: Law, seeds: &[Vec<u8>]) {
    let config = Config { cases: CASES, failure_persistence: None, ..Config::default() };
    let inputs = (any::<prop::sample::Index>(), changes());
    let outcome = TestRunner::new(config).run(&inputs, |(which, changes)| {
        let mut bytes = which.get(seeds).clone();
        for (place, gone, inserted) in changes {
            let at = place.index(bytes.len() + 1);
            bytes.splice(at..(at + gone).min(bytes.len()), inserted);
        }
        law(&bytes);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
}

proptest! {
    #[test]
    fn every_law_holds_of_any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for (_, law) in LAWS {
            law(&bytes);
        }
    }
}
