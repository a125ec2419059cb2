use serde_json::json;

use crate::cli::output::tests::Bench;

#[tokio::test]
async fn roles_are_set_and_listed() {
    let bench = Bench::new();
    let staff = json!({ "name": "staff", "rights": ["a.read", "b.write"] });
    assert_eq!(bench.json("role set staff --right b.write --right a.read", "").await, staff);
    assert_eq!(bench.json("role set staff --right b.write a.read", "").await, staff);
    let roles = bench.json("role list", "").await;
    assert_eq!(
        roles.as_array().unwrap().iter().map(|role| role["name"].as_str().unwrap()).collect::<Vec<_>>(),
        ["admin", "node", "staff"]
    );
    assert_eq!(roles[2], staff);
    assert_eq!(bench.json("role set staff", "").await["rights"], json!([]));
}

#[tokio::test]
async fn roles_are_granted_and_withdrawn() {
    let bench = Bench::with_alice().await;
    assert_eq!(bench.json("role grant alice staff", "").await["roles"], json!(["admin", "staff"]));
    assert_eq!(bench.json("user show alice", "").await["roles"], json!(["admin", "staff"]));
    assert_eq!(bench.json("role withdraw alice admin", "").await["roles"], json!(["staff"]));
    assert_eq!(bench.json("user show alice", "").await["roles"], json!(["staff"]));
}

#[tokio::test]
async fn what_did_not_happen_or_happened_besides_is_noted() {
    let bench = Bench::with_alice().await;
    for (line, note) in [
        ("role grant alice staff", "there was no role staff"),
        ("role grant alice staff", "had the role staff already"),
        ("role grant alice node", ""),
        ("role withdraw alice other", "did not have the role other"),
    ] {
        let said = bench.said(line, "").await;
        assert_eq!(said.error, None);
        assert!(said.notes.contains(note) && said.notes.is_empty() == note.is_empty(), "{line}: {}", said.notes);
    }
}
