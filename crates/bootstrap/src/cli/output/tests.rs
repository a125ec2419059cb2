//! A bench for the operator's commands: a store in memory, and everything a process has as strings.

use std::sync::Arc;

use clap::Parser;
use serde_json::{Value, json};
use vestibule_adapters_crypto::{Argon2Config, Argon2Cost, Argon2Hasher, Keys, RandomIds, RandomTokens};
use vestibule_adapters_db::MemoryStore;
use vestibule_application::{operator::Ports, policies::password::PasswordPolicy, ports::Stores};

use super::*;
use crate::{cli::OperatorCommand, clock::SystemClock};

/// A line of the operator's.
#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: OperatorCommand,
}

/// A store in memory and an operator on it.
pub(in crate::cli) struct Bench {
    pub(in crate::cli) ports: Ports,
    operator: Operator,
}

/// What a command said.
pub(in crate::cli) struct Said {
    pub(in crate::cli) error: Option<String>,
    pub(in crate::cli) output: String,
    pub(in crate::cli) notes: String,
}

impl Bench {
    pub(in crate::cli) fn new() -> Self {
        let store = Arc::new(MemoryStore::new());
        let cost = Argon2Cost { memory_kib: 64, iterations: 1, parallelism: 1 };
        let hasher = Argon2Hasher::start(Argon2Config { cost, ..Argon2Config::default() }).unwrap();
        let ports = Ports {
            stores: Stores::of(&store),
            tokens: Arc::new(RandomTokens::new(&Keys::random(Timestamp::EPOCH).unwrap())),
            hasher: Arc::new(hasher),
            clock: Arc::new(SystemClock::default()),
            ids: Arc::new(RandomIds),
        };
        Self { operator: Operator::new(ports.clone(), PasswordPolicy::default()), ports }
    }

    /// A bench with the user alice.
    pub(in crate::cli) async fn with_alice() -> Self {
        let bench = Self::new();
        bench.json("user add --login alice --email alice@example.test --role admin --password-stdin", "k7#qzw\n").await;
        bench
    }

    async fn run(&self, line: &str, input: &str, json: bool, prompt: Option<fn(&str) -> io::Result<String>>) -> Said {
        let (mut output, mut notes) = (Vec::new(), Vec::new());
        let command = match Line::try_parse_from(["vestibule"].into_iter().chain(line.split_whitespace())) {
            Ok(line) => line.command,
            Err(error) => {
                return Said { error: Some(error.to_string()), output: String::new(), notes: String::new() };
            }
        };
        let mut context = Context {
            operator: &self.operator,
            json,
            input: Box::new(input.as_bytes()),
            prompt,
            output: Box::new(&mut output),
            notes: Box::new(&mut notes),
        };
        let done = command.run(&mut context).await;
        drop(context);
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Said { error: done.err().map(|error| format!("{error:#}")), output: text(output), notes: text(notes) }
    }

    /// What the command prints as JSON.
    pub(in crate::cli) async fn json(&self, line: &str, input: &str) -> Value {
        let said = self.run(line, input, true, None).await;
        assert_eq!(said.error, None, "{line}");
        assert_eq!(said.output.lines().count(), 1, "{line}: {}", said.output);
        serde_json::from_str(&said.output).unwrap()
    }

    /// What the command says to a person who is not there to be asked.
    pub(in crate::cli) async fn said(&self, line: &str, input: &str) -> Said {
        self.run(line, input, false, None).await
    }

    /// Why the command was refused.
    pub(in crate::cli) async fn refusal(&self, line: &str, input: &str) -> String {
        let said = self.run(line, input, true, None).await;
        assert_eq!(said.output, "", "{line}");
        said.error.unwrap_or_else(|| panic!("{line} was not refused"))
    }
}

/// The names of an object's fields, in order.
pub(in crate::cli) fn fields(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn a_password_is_the_first_line_without_its_ending() {
    let bench = Bench::new();
    for (n, input) in ["  k7#qzw ", "  k7#qzw \n", "  k7#qzw \r\nsecond line\n"].into_iter().enumerate() {
        let added = bench.json(&format!("user add --login u{n} --email u{n}@x.test --password-stdin"), input).await;
        let id = vestibule_domain::user::UserId::parse(added["id"].as_str().unwrap()).unwrap();
        let stored = bench.ports.stores.users.by_id(id).await.unwrap().unwrap().password.unwrap();
        let against = vestibule_application::ports::Against::Stored(stored);
        let verdict = bench.ports.hasher.verify(&Password::parse("  k7#qzw ").unwrap(), against).await;
        assert_eq!(verdict, Ok(vestibule_application::ports::Verdict::Right), "{input:?}");
    }
}

#[tokio::test]
async fn an_empty_or_overlong_password_is_refused() {
    let bench = Bench::with_alice().await;
    let line = "user password alice --password-stdin";
    assert!(bench.refusal(line, "").await.contains("must not be empty"));
    assert!(bench.refusal(line, &"x".repeat(1025)).await.contains("1024"));
}

#[tokio::test]
async fn a_person_is_asked_twice_and_a_script_told_what_to_do() {
    let bench = Bench::with_alice().await;
    let line = "user password alice";
    assert!(bench.run(line, "", false, Some(|_| Ok("n3w-k7#qzw".to_owned()))).await.error.is_none());
    let differing = bench.run(line, "", false, Some(|prompt| Ok(prompt.to_owned()))).await;
    assert!(differing.error.unwrap().contains("differ"));
    assert!(bench.run(line, "", false, None).await.error.unwrap().contains("--password-stdin"));
}

#[test]
fn times_are_written_in_utc_and_never_panic() {
    assert_eq!(time(Timestamp::from_millis(1_795_000_000_123)), "2026-11-18T11:06:40.123Z");
    assert_eq!(time(Timestamp::from_millis(i64::MIN)), "1970-01-01T00:00:00.000Z");
    assert_eq!(time(Timestamp::from_millis(i64::MAX)), "9999-12-31T23:59:59.999Z");
}

#[test]
fn a_lifetime_is_longer_than_nothing() {
    assert_eq!(lifetime("90s"), Ok(Duration::from_secs(90)));
    for text in ["0s", "", "five minutes", "-1s"] {
        assert!(lifetime(text).is_err(), "{text}");
    }
}

#[test]
fn people_get_lines_and_tables_without_control_characters() {
    let object = json!({ "id": 1, "nothing": null, "yes": true, "list": ["a", "b"], "text": "\u{1b}[2J" });
    assert_eq!(render::readable(&object), "id       1\nnothing  -\nyes      yes\nlist     a, b\ntext     \\u{1b}[2J");
    let rows = json!([{ "name": "żółw", "roles": [] }, { "name": "b", "roles": ["admin"] }]);
    assert_eq!(render::readable(&rows), "NAME  ROLES\nżółw  -\nb     admin");
    assert_eq!(render::readable(&json!([])), "none");
}
