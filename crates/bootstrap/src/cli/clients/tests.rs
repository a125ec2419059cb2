use serde_json::json;
use vestibule_domain::{client::ClientName, secret::OpaqueToken};

use crate::cli::output::tests::{Bench, fields};

#[tokio::test]
async fn a_clients_token_is_printed_once_and_accepted() {
    let bench = Bench::new();
    let added = bench.json("client add shop --expires-in 90d", "").await;
    assert_eq!(fields(&added)[..2], ["name", "token"]);
    let token = OpaqueToken::parse(added["token"].as_str().unwrap()).unwrap();
    let digest = bench.ports.tokens.digest(&token);
    let client = bench.ports.stores.clients.by_digest(&digest).await.unwrap().unwrap();
    assert_eq!(client.name, ClientName::parse("shop").unwrap());
    assert_eq!(client.expires.unwrap().since(client.created).as_secs(), 90 * 24 * 3600);

    let listed = bench.json("client list", "").await;
    assert_eq!(fields(&listed[0]), ["name", "created", "expires", "revoked"]);
    assert_eq!(listed[0]["revoked"], json!(null));
}

#[tokio::test]
async fn a_revoked_client_stays_listed_and_keeps_its_name() {
    let bench = Bench::new();
    bench.json("client add shop", "").await;
    assert!(bench.json("client revoke shop", "").await["revoked"].is_string());
    assert!(bench.json("client list", "").await[0]["revoked"].is_string());
    assert!(bench.refusal("client add shop", "").await.contains("client or operator shop already"));
    assert!(bench.refusal("client revoke other", "").await.contains("no client other"));
    assert!(bench.refusal("client add other --expires-in 0s", "").await.contains("--expires-in"));
}
