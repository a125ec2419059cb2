//! A program that reads the document of the API and tries what it says, and what it does not say, finds that the service
//! keeps to it.

use vestibule_tests::generated;

use super::*;

/// What fits the document is never told malformed, but values may be refused: names that nobody has, passwords that are
/// too simple, tags that are old.
const CONFIGURATION: &str = r#"
[checks.positive_data_acceptance]
expected-statuses = ["2xx", 401, 403, 404, 409, 412, 415, 422, 428]
"#;

#[tokio::test]
async fn the_service_keeps_to_its_document() {
    let app = TestApp::with("admin.listen = \"127.0.0.1:0\"").await;
    app.user("ann", &["admin"]).await;
    app.api_token("shop").await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let document = format!("http://{}/openapi/admin.json", app.admin.authority());
    let shown = format!("Authorization: Bearer {token}");
    // The stream goes on.
    let arguments = ["--header", &shown, "--exclude-path", "/admin/v1/messages/stream", "--checks", "all"];
    let cases = generated(&document, CONFIGURATION, &arguments).await;
    assert!(cases.is_none_or(|cases| cases > 1_000), "{cases:?}");
}
