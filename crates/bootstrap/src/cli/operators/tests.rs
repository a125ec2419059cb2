use serde_json::json;
use vestibule_domain::{client::Scope, secret::OperatorToken};

use crate::cli::output::tests::{Bench, fields};

#[tokio::test]
async fn an_operators_token_is_printed_once_and_accepted_for_its_scopes() {
    let bench = Bench::new();
    let added = bench.json("operator add ops --scope users:read sessions:write --expires-in 90d", "").await;
    assert_eq!(fields(&added)[..3], ["name", "token", "scopes"]);
    let token = OperatorToken::parse(added["token"].as_str().unwrap()).unwrap();
    let digest = bench.ports.tokens.operator_digest(&token);
    let operator = bench.ports.stores.clients.by_digest(&digest).await.unwrap().unwrap();
    assert_eq!(operator.scopes, [Scope::UsersRead, Scope::SessionsWrite].into());
    assert_eq!(operator.expires.unwrap().since(operator.created).as_secs(), 90 * 24 * 3600);

    let listed = bench.json("operator list", "").await;
    assert_eq!(fields(&listed[0]), ["name", "scopes", "created", "expires", "revoked"]);
    assert_eq!(listed[0]["scopes"], json!(["users:read", "sessions:write"]));
    assert!(bench.json("client list", "").await.as_array().unwrap().is_empty());
}

#[tokio::test]
async fn a_revoked_operator_keeps_the_name_from_clients_too() {
    let bench = Bench::new();
    bench.json("operator add ops --scope *", "").await;
    assert!(bench.refusal("client revoke ops", "").await.contains("no client ops"));
    assert!(bench.json("operator revoke ops", "").await["revoked"].is_string());
    assert!(bench.refusal("client add ops", "").await.contains("client or operator ops already"));
    assert!(bench.refusal("operator add other --scope users", "").await.contains("no such scope"));
    assert!(bench.refusal("operator add other", "").await.contains("--scope"));
}
