//! The laws, measured: stores that are broken on purpose, and the laws that have to notice.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]
#![expect(clippy::wildcard_enum_match_arm, reason = "a mutant breaks one kind of change and leaves the rest alone")]

mod accounts;
mod cancelled;
mod common;
mod fault;
mod lost_preconditions;
mod moving_house;
mod mutant;
mod networks;
mod resurrections;
mod torn_units;
mod wrong_boundaries;
mod wrong_keys;
mod wrong_log;

use std::{collections::BTreeSet, sync::Arc};

use fault::{Sound, with};
use mutant::{Mutant, holds, keep_quiet_about_laws};
use vestibule_storage_contract::Law;

fn mutants() -> Vec<Mutant> {
    [
        accounts::mutants(),
        cancelled::mutants(),
        lost_preconditions::mutants(),
        moving_house::mutants(),
        networks::mutants(),
        resurrections::mutants(),
        torn_units::mutants(),
        wrong_boundaries::mutants(),
        wrong_keys::mutants(),
        wrong_log::mutants(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn law(name: &str) -> Law {
    let found = vestibule_storage_contract::all().into_iter().find(|law| law.name == name);
    found.unwrap_or_else(|| panic!("{name} is no law"))
}

#[test]
fn every_mutant_is_caught_by_each_law_that_is_there_to_catch_it() {
    keep_quiet_about_laws();
    let mut escaped = Vec::new();
    for mutant in mutants() {
        assert!(!mutant.caught_by.is_empty(), "nothing is there to catch \"{}\"", mutant.name);
        let missed = mutant.caught_by.iter().filter(|name| holds(law(name), mutant.fresh()));
        escaped.extend(missed.map(|name| format!("\"{}\" ({}) escaped {name}", mutant.name, mutant.why)));
    }
    assert!(escaped.is_empty(), "{escaped:#?}");
}

#[test]
fn a_store_that_is_only_decorated_keeps_every_law() {
    keep_quiet_about_laws();
    let broken: Vec<&str> = vestibule_storage_contract::all()
        .into_iter()
        .filter(|law| !holds(*law, with(Arc::new(Sound))))
        .map(|law| law.name)
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
}

#[test]
fn every_group_of_laws_catches_a_mutant() {
    let catching: BTreeSet<&str> =
        mutants().iter().flat_map(|mutant| mutant.caught_by).map(|name| law(name).group).collect();
    let groups: BTreeSet<&str> = vestibule_storage_contract::all().iter().map(|law| law.group).collect();
    assert_eq!(catching, groups);
}

#[test]
fn no_two_mutants_and_no_two_laws_have_one_name() {
    let mutants = mutants();
    assert_eq!(mutants.iter().map(|mutant| mutant.name).collect::<BTreeSet<_>>().len(), mutants.len());
    let laws = vestibule_storage_contract::all();
    assert_eq!(laws.iter().map(|law| law.name).collect::<BTreeSet<_>>().len(), laws.len());
}

#[test]
fn the_readme_counts_right() {
    let readme = include_str!("../../README.md");
    let (laws, mutants) = (vestibule_storage_contract::all().len(), mutants().len());
    assert!(readme.contains(&format!("There are {laws} laws.")), "there are {laws}");
    assert!(readme.contains(&format!("has {mutants} mutants:")), "there are {mutants}");
}

/// `cargo test -p vestibule-storage-contract --test mutants -- --ignored --nocapture` prints which laws catch what.
#[test]
#[ignore = "tries every law on every mutant, which takes minutes, and prints a table"]
#[expect(clippy::print_stdout, reason = "the table is what it is for")]
fn the_whole_table() {
    keep_quiet_about_laws();
    let laws = vestibule_storage_contract::all();
    let mut idle: BTreeSet<&str> = laws.iter().map(|law| law.name).collect();
    println!("| mutant | why | caught by |\n|---|---|---|");
    for mutant in mutants() {
        let caught: Vec<&str> = laws.iter().filter(|law| !holds(**law, mutant.fresh())).map(|law| law.name).collect();
        println!("| {} | {} | {} |", mutant.name, mutant.why, caught.join(", "));
        assert!(!caught.is_empty(), "{} escapes every law", mutant.name);
        idle.retain(|name| !caught.contains(name));
    }
    assert!(idle.is_empty(), "laws that catch nothing: {idle:?}");
}
