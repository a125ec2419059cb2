use serde_json::json;
use vestibule_domain::secret::OpaqueToken;

use crate::cli::output::tests::{Bench, fields};

#[tokio::test]
async fn an_issued_token_lets_its_user_in_for_five_minutes() {
    let bench = Bench::with_alice().await;
    for (line, seconds) in
        [("login-token issue alice", 300), ("login-token issue alice@example.test --expires-in 90s", 90)]
    {
        let issued = bench.json(line, "").await;
        assert_eq!(fields(&issued), ["token", "user", "expires"]);
        assert_eq!(issued["user"], json!("alice"));
        let token = OpaqueToken::parse(issued["token"].as_str().unwrap()).unwrap();
        let stored = bench.ports.tokens.digest(&token);
        // Only a token that is there can be spent, and only once.
        let spend = || vec![vestibule_application::change::Change::SpendLoginToken(stored)];
        assert!(bench.ports.stores.unit.commit(spend()).await.is_ok());
        assert!(bench.ports.stores.unit.commit(spend()).await.is_err());
        let expires = humantime::parse_rfc3339(issued["expires"].as_str().unwrap()).unwrap();
        let expires = expires.duration_since(std::time::UNIX_EPOCH).unwrap().as_secs();
        let left = expires.saturating_sub(bench.ports.clock.now().as_secs().unsigned_abs());
        assert!((seconds - 20..=seconds).contains(&left), "{left}");
    }
}

#[tokio::test]
async fn a_disabled_or_unknown_user_gets_no_token() {
    let bench = Bench::with_alice().await;
    bench.json("user disable alice", "").await;
    assert!(bench.refusal("login-token issue alice", "").await.contains("disabled"));
    assert!(bench.refusal("login-token issue bob", "").await.contains("no user"));
}
