use clap::Parser;
use serde_json::Value;
use tempfile::TempDir;

use super::*;
use crate::{clock::SystemClock, settings::Sources};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: KeysCommand,
}

struct Bench(TempDir);

impl Bench {
    fn new() -> Self {
        Self(TempDir::new().unwrap())
    }

    fn run(&self, line: &str, json: bool) -> Result<String> {
        let text = format!(
            "data_dir = {:?}\n[sessions]\nabsolute_ttl = \"9d\"\nper_dialect.dood.absolute_ttl = \"40d\"\n\
             per_dialect.easydb.anonymous_ttl = \"50d\"\n",
            self.0.path().join("data")
        );
        let settings = Settings::read(Sources::of_text(text)).unwrap_or_else(|invalid| panic!("{invalid}"));
        let line = Line::try_parse_from(["keys"].into_iter().chain(line.split_whitespace())).unwrap();
        super::run(line.command, &settings, &SystemClock::default(), json)
    }

    fn json(&self, line: &str) -> Vec<Value> {
        serde_json::from_str(&self.run(line, true).unwrap_or_else(|error| panic!("{line}: {error:#}"))).unwrap()
    }
}

fn moment(value: &Value) -> Duration {
    let at = humantime::parse_rfc3339(value.as_str().unwrap()).unwrap();
    at.duration_since(std::time::UNIX_EPOCH).unwrap()
}

#[test]
fn keys_are_created_rotated_revoked_and_pruned() {
    let bench = Bench::new();
    assert!(bench.run("list", true).is_err());
    let made = bench.json("create");
    assert_eq!((made.len(), &made[0]["standing"]), (1, &Value::from("signing")));
    assert!(bench.run("create", true).unwrap_err().to_string().contains("vestibule keys rotate"));

    let rotated = bench.json("rotate --activate-after 0s --overlap 0s");
    assert_eq!((&rotated[0]["standing"], &rotated[1]["standing"]), (&"signing".into(), &"over".into()));
    assert_eq!(rotated[1]["id"], made[0]["id"]);
    assert_eq!(bench.json("prune").len(), 1);

    let waiting = bench.json("rotate");
    assert_eq!((&waiting[0]["standing"], &waiting[1]["standing"]), (&"waiting".into(), &"signing".into()));
    let after = moment(&waiting[0]["signs_from"]).saturating_sub(moment(&waiting[0]["created"]));
    assert_eq!(after, Duration::from_mins(2));
    let overlap = moment(&waiting[1]["verifies_until"]).saturating_sub(moment(&waiting[0]["signs_from"]));
    assert_eq!(overlap, Duration::from_hours(24 * 50), "the longest life of all sessions, anonymous ones too");

    let left = bench.json(&format!("revoke {}", waiting[1]["id"].as_str().unwrap()));
    assert_eq!((left.len(), &left[0]["standing"]), (1, &"signing".into()));
    assert!(bench.run("revoke 00", true).unwrap_err().to_string().contains("no key 00"));
}

#[test]
fn nothing_that_is_printed_is_in_the_file_but_ids() {
    let bench = Bench::new();
    let mut printed = String::new();
    for line in ["create", "rotate", "list", "prune"] {
        for json in [false, true] {
            printed += &bench.run(line, json).unwrap_or_else(|error| format!("{error:#}"));
        }
    }
    let file = std::fs::read_to_string(bench.0.path().join("data/master.key")).unwrap();
    let secrets: Vec<&str> = file.split_whitespace().filter(|word| word.len() == 64).collect();
    assert_eq!(secrets.len(), 4);
    assert!(secrets.iter().all(|secret| !printed.contains(&secret[..16])));
    assert!(printed.starts_with("ID"), "{printed}");
}
