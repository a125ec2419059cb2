//! A program that reads the document of the API and tries what it says, and what it does not say, finds that the service
//! keeps to it.

use tokio::process::Command;
use vestibule_tests::tool;

use super::*;

/// Bounded, and the same each time. What fits the document is never told malformed, but values may be refused: names that
/// nobody has, passwords that are too simple, tags that are old.
const CONFIGURATION: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 412, 415, 422, 428]
"#;

#[tokio::test]
async fn the_service_keeps_to_its_document() {
    let Some(program) = tool("schemathesis", "schemathesis 4.32.5 by pip", &["--version"]) else { return };
    let app = TestApp::with("admin.listen = \"127.0.0.1:0\"").await;
    app.user("ann", &["admin"]).await;
    app.api_token("shop").await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("schemathesis.toml"), CONFIGURATION).unwrap();
    let run = Command::new(program)
        .current_dir(directory.path())
        .arg("run")
        .arg(format!("http://{}/openapi/admin.json", app.admin.authority()))
        .args(["--header", &format!("Authorization: Bearer {token}")])
        .args(["--seed", "1", "--max-examples", "12", "--generation-deterministic"])
        // It goes on.
        .args(["--exclude-path", "/admin/v1/messages/stream"])
        .args(["--checks", "all", "--no-color"])
        .kill_on_drop(true)
        .output();
    let output = run.await.unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{told}\n{}", String::from_utf8_lossy(&output.stderr));
    let cases = told.lines().find(|line| line.contains(" generated, ")).unwrap_or_default();
    let count = |what: &str| {
        let parts = cases.split(", ").map(str::trim);
        parts.filter_map(|part| part.strip_suffix(what)).find_map(|count| count.trim().parse::<u32>().ok())
    };
    let generated = count("generated");
    assert!(generated > Some(1_000) && count("passed") == generated, "{told}");
}
