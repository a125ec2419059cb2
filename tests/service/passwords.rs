//! What passwords may be: whatever somebody types, unless it is among the first that anybody would guess.

use std::{path::Path, process::Command};

use serde_json::{Value, json};
use vestibule_application::policies::password::{PasswordPolicy, TooSimple};
use vestibule_domain::secret::Password;
use vestibule_tests::{Answer, Doors, TestApp};

/// The passwords that zxcvbn knows, from the most common on, as they are in its source.
fn common_passwords() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--offline", "--format-version", "1"])
        .current_dir(root)
        .output()
        .unwrap();
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let zxcvbn = packages.iter().find(|package| package["name"] == "zxcvbn").unwrap();
    let manifest = Path::new(zxcvbn["manifest_path"].as_str().unwrap());
    let source = std::fs::read_to_string(manifest.with_file_name("src").join("frequency_lists.rs")).unwrap();
    let line = source.lines().find(|line| line.starts_with("const PASSWORDS: &str = \"")).unwrap();
    line.split('"').nth(1).unwrap().split(',').map(str::to_owned).collect()
}

/// P5, T003-4: whatever is configured, and without asking anybody.
#[tokio::test]
async fn the_ten_thousand_most_common_passwords_are_refused_and_that_offline() {
    let owner = TestApp::start().await.user("ann", &[]).await;
    // The least that can be configured.
    let policy = PasswordPolicy { min_length: 1, min_score: 0, ..PasswordPolicy::default() };
    let common = common_passwords();
    assert!(common.len() >= 10_000, "{}", common.len());
    for password in &common[..10_000] {
        // An apostrophe, as Rust's source writes it.
        let password = password.replace("\\'", "'");
        let told = policy.check(&Password::parse(password.as_str()).unwrap_or_else(|error| panic!("{error}")), &owner);
        assert_eq!(told, Err(TooSimple::Guessable), "{password}");
    }
}

/// As many bytes as wanted of nothing that anybody would guess.
fn unguessable(bytes: usize) -> String {
    "k7#qzW9!xv&Jm2^tR5uYb8p@Ld4(nG6s".chars().cycle().take(bytes).collect()
}

async fn registers(app: &TestApp, email: &str, password: &str) {
    let answer = app.post_form("/session/register/", &[("email", email), ("password", password)]).await;
    assert_eq!(answer.json()["code"], json!(0), "{password:?}: {}", answer.body);
}

async fn logs_in(app: &TestApp, email: &str, password: &str) -> bool {
    let answer = app.post_form("/session/login/", &[("email", email), ("password", password)]).await;
    assert!(matches!(answer.status, 200 | 401), "{}", answer.body);
    answer.status == 200
}

/// The same with another last byte, and still UTF-8.
fn flipped(password: &str) -> String {
    let mut bytes = password.as_bytes().to_vec();
    *bytes.last_mut().unwrap() ^= 1;
    String::from_utf8(bytes).unwrap()
}

/// P3.
#[tokio::test]
async fn every_byte_of_a_password_counts_up_to_1024_of_any_kind() {
    let app = TestApp::start().await;
    for length in [6, 64, 72, 73, 128, 512, 1024] {
        for (kind, first, last) in
            [("ascii", "", ""), ("space", " ", " "), ("nul", "\0", "\0"), ("emoji", "\u{1f511}", "\u{1f40b}~")]
        {
            if first.len() + last.len() >= length {
                continue;
            }
            let password = format!("{first}{}{last}", unguessable(length - first.len() - last.len()));
            assert_eq!(password.len(), length);
            let email = format!("{kind}{length}@example.com");
            registers(&app, &email, &password).await;
            assert!(logs_in(&app, &email, &password).await, "{length} bytes, {kind}");
            assert!(!logs_in(&app, &email, &flipped(&password)).await, "{length} bytes, {kind}");
            assert!(!logs_in(&app, &email, &password[..length - 1]).await, "{length} bytes, {kind}");
        }
    }
}

/// P3.
#[tokio::test]
async fn a_password_is_taken_as_it_was_sent_and_not_as_it_looks() {
    let app = TestApp::start().await;
    let (composed, decomposed) = ("caf\u{e9} o sz\u{f3}stej", "cafe\u{301} o szo\u{301}stej");
    registers(&app, "composed@example.com", composed).await;
    registers(&app, "decomposed@example.com", decomposed).await;
    assert!(logs_in(&app, "composed@example.com", composed).await);
    assert!(!logs_in(&app, "composed@example.com", decomposed).await);
    assert!(logs_in(&app, "decomposed@example.com", decomposed).await);
    assert!(!logs_in(&app, "decomposed@example.com", composed).await);
    for other in [" caf\u{e9} o sz\u{f3}stej", "caf\u{e9} o sz\u{f3}stej ", "Caf\u{e9} o sz\u{f3}stej"] {
        assert!(!logs_in(&app, "composed@example.com", other).await, "{other:?}");
    }
}

/// Each way to log in with this password, as a user that there is or is not.
async fn log_in_everywhere(doors: &Doors, token: &str, login: &str, password: &str) -> Vec<Answer> {
    let (app, email) = (&doors.app, format!("{login}@example.com"));
    let form = json!({ "email": email, "password": password });
    let by_form = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
    let by_form = app.request(reqwest::Method::POST, "/api/sessions").json(&by_form);
    let authenticate = [("token", token), ("login", login), ("password", password)];
    vec![
        app.post_form("/api/session/authenticate", &authenticate).await,
        app.post_json("/api/session", &form).await,
        app.send(by_form.header("authorization", format!("Token token={}", doors.ann.api_token))).await,
        app.post_form("/session/login/", &[("email", &email), ("password", password)]).await,
        app.post_json("/session/login", json!({ "login": login, "password": password })).await,
        app.post_json("/session/node/login", json!({ "name": login, "secret": password })).await,
    ]
}

/// P4.
#[tokio::test]
async fn a_password_that_is_too_long_is_refused_alike_for_everybody_and_nobody_is_looked_for() {
    let doors = Doors::open("").await;
    let token = doors.app.get("/api/session").await.text("/token");
    let too_long = unguessable(1025);
    // Whoever looked for a user or node now would have to say 503.
    for table in ["ALTER TABLE users RENAME TO gone_users", "ALTER TABLE nodes RENAME TO gone_nodes"] {
        doors.app.sql(table).await;
    }
    for answer in log_in_everywhere(&doors, &token, "ann", &too_long[..1024]).await {
        assert_eq!(answer.status, 503, "{}", answer.body);
    }
    let known = log_in_everywhere(&doors, &token, "ann", &too_long).await;
    let unknown = log_in_everywhere(&doors, &token, "nobody", &too_long).await;
    for (known, unknown) in known.iter().zip(&unknown) {
        assert!((400..500).contains(&known.status), "{}", known.body);
        assert_eq!((known.status, &known.body), (unknown.status, &unknown.body));
    }
}
