//! The corpora of `tests/corpus` against a running service, through every door where such an input can occur.

mod headers;
mod json;
mod parameters;
mod paths;
mod redirects;
mod texts;

use std::{fs, path::Path};

use reqwest::Method;
use vestibule_tests::{Answer, Caller};

/// Budgets that no corpus spends.
const PATIENT: &str = "[throttle]\naccount_failures = 1000000\naccount_failures_in_all = 1000000\naddress_failures = 1000000\n\
    disclosures_per_address = 1000000\ndisclosures_total = 1000000\nregistrations_per_address = 1000000\n";

/// The inputs of a corpus, one for each line that is no comment.
fn corpus(name: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let text = fs::read_to_string(path).unwrap();
    assert!(text.starts_with("# "), "{name} says what it holds and where it comes from");
    let inputs: Vec<String> = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    assert!(inputs.len() > 30, "{name} was read");
    inputs
}

/// The inputs of a corpus, each with the word before it.
fn judged(name: &str) -> Vec<(String, String)> {
    let split = |line: String| {
        let (verdict, input) = line.split_once(' ').unwrap();
        (verdict.to_owned(), input.to_owned())
    };
    corpus(name).into_iter().map(split).collect()
}

fn text(json: &str) -> String {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{error}: {json}"))
}

/// A JSON text that need not be one.
async fn post(at: &Caller, path: &str, body: impl Into<reqwest::Body>) -> Answer {
    at.send(at.request(Method::POST, path).header("content-type", "application/json").body(body)).await
}
