use serde_json::json;

use crate::cli::output::tests::Bench;

#[tokio::test]
async fn what_was_set_is_shown() {
    let bench = Bench::new();
    let form = json!({
        "name": "shop/login",
        "resource": "Session",
        "action": "create",
        "fields": { "email": { "required": true, "min_length": 5, "max_length": 50, "email": true, "pattern": "test$" } },
        "roles": ["admin"],
    });
    assert_eq!(bench.json("form set -", &form.to_string()).await, form);
    assert_eq!(bench.json("form show shop/login", "").await, form);

    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("form.json");
    let changed = json!({ "name": "shop/login", "action": "delete" });
    std::fs::write(&file, changed.to_string()).unwrap();
    let set = bench.json(&format!("form set {}", file.display()), "").await;
    assert_eq!((&set["action"], &set["fields"], &set["roles"]), (&json!("delete"), &json!({}), &json!([])));
    assert_eq!(bench.json("form show shop/login", "").await, set);
}

#[tokio::test]
async fn forms_are_listed_and_removed() {
    let bench = Bench::new();
    let shipped = bench.json("form list", "").await;
    let name = shipped[0]["name"].as_str().unwrap();
    assert_eq!(bench.json(&format!("form remove {name}"), "").await, shipped[0]);
    assert_eq!(bench.json("form list", "").await.as_array().unwrap().len(), shipped.as_array().unwrap().len() - 1);
    assert!(bench.refusal(&format!("form show {name}"), "").await.contains(name));
    assert!(bench.refusal(&format!("form remove {name}"), "").await.contains(name));
}

#[tokio::test]
async fn a_document_that_is_wrong_says_where() {
    let bench = Bench::new();
    for (document, named) in [
        ("{", "line 1"),
        (r#"{"action":"create"}"#, "`name`"),
        (r#"{"name":"f","action":"create","feilds":{}}"#, "`feilds`"),
        (r#"{"name":"f","action":"update"}"#, "action"),
        (r#"{"name":"f","action":"create","fields":{"email":{"pattern":"("}}}"#, "fields.email.pattern"),
        (r#"{"name":"f","action":"create","roles":["a b"]}"#, "roles"),
    ] {
        let refused = bench.refusal("form set -", document).await;
        assert!(refused.contains(named) && refused.contains("standard input"), "{refused}");
    }
    let missing = bench.refusal("form set /nowhere/form.json", "").await;
    assert!(missing.contains("/nowhere/form.json"), "{missing}");
}
