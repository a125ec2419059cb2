use std::fmt::Write as _;

use serde_json::json;

use crate::cli::output::tests::{Bench, Said};

const BCRYPT: &str = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";

fn line(login: &str, hash: &str) -> String {
    json!({ "login": login, "email": format!("{login}@example.test"), "password_hash": hash }).to_string()
}

async fn import(bench: &Bench, input: &str) -> Said {
    bench.said("user import -", input).await
}

#[tokio::test]
async fn users_are_taken_over_once_however_often_it_is_done() {
    let bench = Bench::with_alice().await;
    let file = format!(
        "\u{feff}{}\r\n\n{}\n{}",
        line("ann", BCRYPT),
        json!({ "login": "Bob", "email": "bob@example.test", "password_hash": BCRYPT, "roles": ["staff", "admin"],
                "disabled": true, "time_zone": "europe/warsaw" }),
        line("alice", BCRYPT),
    );
    let summary = bench.json("user import - --dry-run", &file).await;
    assert_eq!(summary, json!({"dry_run": true, "lines": 4, "added": 2, "already_there": 1, "failed": 0}));
    assert_eq!(bench.json("user list", "").await.as_array().unwrap().len(), 1);

    let said = bench.said("user import -", &file).await;
    assert_eq!(said.error, None);
    assert!(said.output.contains("added          2\n"), "{}", said.output);
    assert!(said.notes.contains("line 4: alice is there already; nothing was changed"), "{}", said.notes);
    assert!(said.notes.contains("no role staff") && !said.notes.contains("no role admin"), "{}", said.notes);
    let bob = bench.json("user show bob", "").await;
    assert_eq!((&bob["login"], &bob["disabled"]), (&json!("Bob"), &json!(true)));
    assert_eq!((&bob["roles"], &bob["time_zone"]), (&json!(["admin", "staff"]), &json!("Europe/Warsaw")));

    let summary = bench.json("user import -", &file).await;
    assert_eq!(summary, json!({"dry_run": false, "lines": 4, "added": 0, "already_there": 3, "failed": 0}));
}

#[tokio::test]
async fn lines_that_are_wrong_are_named_and_the_others_taken_over() {
    let bench = Bench::with_alice().await;
    let wrong = [
        ("{\"login\":\"x\"", "line 1: not a JSON object: EOF while parsing an object at column 12"),
        ("[]", "line 2: not a JSON object\n"),
        ("{\"login\":\"x\",\"email\":\"x@x.test\"}", "line 3: password_hash is missing"),
        ("{\"login\":\"x\",\"email\":\"x@x.test\",\"password_hash\":5}", "line 4: password_hash must be text"),
        ("{\"login\":\"x\",\"email\":\"nobody\",\"password_hash\":\"$2b\"}", "line 5: email: "),
        ("{\"username\":\"x\"}", "line 6: there is no field \"username\"; there are login, email, password_hash"),
        (
            "{\"login\":\"x\",\"email\":\"x@x.test\",\"password_hash\":\"$2b\",\"roles\":\"a\"}",
            "line 7: roles must be a list",
        ),
        (
            "{\"login\":\"x\",\"email\":\"x@x.test\",\"password_hash\":\"$2b\",\"disabled\":1}",
            "line 8: disabled must be",
        ),
        (&line("x", "secret"), "line 9 (x): the password hash cannot be taken over: its format is not known here"),
        (
            &line("x", &BCRYPT.replace("$05$", "$15$")),
            "line 10 (x): the password hash cannot be taken over: it demands more work or memory than one login may take: at most cost 14",
        ),
        (
            &line("x", "$6$secret"),
            "line 11 (x): the password hash cannot be taken over: it begins like a hash of SHA-crypt",
        ),
        (
            "{\"login\":\"x\",\"email\":\"alice@example.test\",\"password_hash\":\"$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0\"}",
            "line 12 (x): another user has the e-mail address",
        ),
    ];
    let mut file = wrong.iter().map(|(line, _)| *line).collect::<Vec<_>>().join("\n");
    write!(file, "\n{}\n", line("ann", BCRYPT)).unwrap();
    for dry_run in [" --dry-run", ""] {
        let said = bench.said(&format!("user import -{dry_run}"), &file).await;
        for (_, expected) in &wrong {
            assert!(said.notes.contains(expected), "{expected:?} in {}", said.notes);
        }
        assert!(!said.notes.contains("secret"), "{}", said.notes);
        assert!(said.output.contains("added          1\n"), "{}", said.output);
        assert!(said.error.unwrap().starts_with("12 of 13 lines were not taken over"));
    }
    assert_eq!(bench.json("user list", "").await.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_long_file_is_told_of_on_the_way_and_a_missing_one_at_once() {
    let bench = Bench::new();
    let mut text = String::new();
    for number in 0..2001 {
        writeln!(text, "{}", line(&format!("u{number}"), BCRYPT)).unwrap();
    }
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("users.jsonl");
    std::fs::write(&file, text).unwrap();
    let said = bench.said(&format!("user import {}", file.display()), "").await;
    assert_eq!(said.error, None);
    assert!(said.notes.contains("2000 lines read: 2000 users added, 0 lines failed"), "{}", said.notes);
    assert!(said.output.contains("added          2001\n"), "{}", said.output);
    let missing = bench.refusal("user import /nowhere/users.jsonl", "").await;
    assert!(missing.contains("cannot open /nowhere/users.jsonl"), "{missing}");
    assert!(import(&bench, "").await.output.contains("lines          0\n"));
}

#[tokio::test]
async fn a_user_who_was_taken_over_has_the_password_they_had() {
    let bench = Bench::new();
    import(&bench, &line("ann", BCRYPT)).await;
    let key = vestibule_domain::user::LoginKey::parse("ann").unwrap();
    let found = bench.ports.stores.users.by_key(&key, vestibule_application::ports::KeyKind::Login).await.unwrap();
    assert_eq!(found.unwrap().password.unwrap().expose(), BCRYPT);
}
