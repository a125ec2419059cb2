use serde_json::json;
use vestibule_domain::secret::OpaqueToken;

use crate::cli::output::tests::{Bench, fields};

#[tokio::test]
async fn adding_a_user_prints_who_it_is() {
    let bench = Bench::new();
    let line = "user add --login Ann --email ann@example.test --role admin --time-zone europe/warsaw --password-stdin";
    let user = bench.json(line, "k7#qzw\n").await;
    assert_eq!(fields(&user)[..4], ["id", "login", "email", "roles"]);
    assert_eq!((&user["login"], &user["email"]), (&json!("Ann"), &json!("ann@example.test")));
    assert_eq!((&user["roles"], &user["time_zone"]), (&json!(["admin"]), &json!("Europe/Warsaw")));
    for named in ["ann", "ANN@example.test", user["id"].as_str().unwrap()] {
        assert_eq!(bench.json(&format!("user show {named}"), "").await, user);
    }
    assert_eq!(bench.json("user list", "").await, json!([user]));
}

#[tokio::test]
async fn a_role_that_did_not_exist_is_remarked_upon() {
    let bench = Bench::new();
    let line = "user add --login ann --email ann@example.test --role admin --role staff --password-stdin";
    let said = bench.said(line, "k7#qzw\n").await;
    assert_eq!(said.error, None);
    assert!(said.notes.contains("no role staff") && !said.notes.contains("no role admin"), "{}", said.notes);
    assert!(said.output.contains("roles                  admin, staff\n"), "{}", said.output);
}

#[tokio::test]
async fn a_taken_name_or_address_and_a_simple_password_are_refused() {
    let bench = Bench::with_alice().await;
    let add = |login: &str, email: &str| format!("user add --login {login} --email {email} --password-stdin");
    let taken = bench.refusal(&add("ALICE", "other@example.test"), "k7#qzw").await;
    assert!(taken.contains("login name ALICE"), "{taken}");
    let taken = bench.refusal(&add("other", "Alice@example.test"), "k7#qzw").await;
    assert!(taken.contains("e-mail address Alice@example.test"), "{taken}");
    let simple = bench.refusal(&add("other", "other@example.test"), "short").await;
    assert!(simple.contains("at least 6 characters"), "{simple}");
    assert_eq!(bench.json("user list", "").await.as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_user_is_disabled_enabled_and_removed() {
    let bench = Bench::with_alice().await;
    assert_eq!(bench.json("user disable alice", "").await["disabled"], json!(true));
    assert_eq!(bench.json("user show alice", "").await["disabled"], json!(true));
    assert_eq!(bench.json("user enable alice", "").await["disabled"], json!(false));
    assert_eq!(bench.json("user remove alice", "").await["login"], json!("alice"));
    let gone = bench.refusal("user show alice", "").await;
    assert!(gone.contains("no user") && gone.contains("alice"), "{gone}");
    assert_eq!(bench.said("user list", "").await.output, "none\n");
}

#[tokio::test]
async fn nobody_is_asked_for_the_password_of_nobody() {
    let refused = Bench::new().refusal("user password nobody", "").await;
    assert!(refused.contains("no user"), "{refused}");
}

#[tokio::test]
async fn arguments_that_cannot_be_right_are_refused_by_name() {
    let bench = Bench::new();
    for (line, named) in [
        ("user add --login a --email nonsense --password-stdin", "--email"),
        ("user add --login a --email a@x.test --time-zone Mars/Base --password-stdin", "--time-zone"),
        ("user add --login a --email a@x.test --role a*b --password-stdin", "--role"),
        ("user add --login a --email a@x.test --password secret", "--password"),
    ] {
        let refused = bench.refusal(line, "").await;
        assert!(refused.contains(named), "{refused}");
    }
}

#[tokio::test]
async fn t003_8_everything_that_is_kept_of_a_person_is_printed_but_for_secrets() {
    let bench = Bench::with_alice().await;
    bench.json("user add --login bob --email bob@example.test --password-stdin", "k7#qzw\n").await;
    let user = bench.json("user show alice", "").await;
    let exported = bench.json("user export Alice@example.test", "").await;
    assert_eq!(fields(&exported), ["user", "profile", "networks", "sessions", "messages"]);
    assert_eq!(exported["user"], user);
    assert_eq!(exported["profile"]["default_city"], "WARSZAWA");
    let kinds: Vec<&str> =
        exported["messages"].as_array().unwrap().iter().map(|one| one["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["user_added", "system_configured"], "nothing of Bob's");
    assert!(!exported.to_string().contains("argon2"));
    assert!(bench.refusal("user export nobody", "").await.contains("nobody"));
}

#[tokio::test]
async fn a_token_to_reset_a_password_is_printed_once_for_an_hour_at_most() {
    let bench = Bench::with_alice().await;
    let issued = bench.json("user reset alice", "").await;
    assert_eq!(fields(&issued), ["token", "user", "expires"]);
    let token = OpaqueToken::parse(issued["token"].as_str().unwrap()).unwrap();
    let tokens = &bench.ports.stores.login_tokens;
    let stored = tokens.by_digest(&bench.ports.tokens.reset_digest(&token)).await.unwrap().unwrap();
    assert_eq!(stored.expires.since(stored.issued).as_secs(), 600);
    assert!(tokens.by_digest(&bench.ports.tokens.digest(&token)).await.unwrap().is_none(), "it lets nobody in");
    assert!(bench.refusal("user reset alice --expires-in 61m", "").await.contains("over 1h"));
    bench.json("user disable alice", "").await;
    assert!(bench.refusal("user reset alice", "").await.contains("disabled"));
}
