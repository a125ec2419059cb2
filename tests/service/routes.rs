//! The route table: what is mounted by default, and what happens beside it.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;
use vestibule_tests::TestApp;

/// Every documented route, with its dialect.
const DOCUMENTED: [(&str, &str, &str); 16] = [
    ("GET", "/api/session", "easydb"),
    ("POST", "/api/session/authenticate", "easydb"),
    ("POST", "/api/session", "dialogram"),
    ("POST", "/api/sessions", "platformos"),
    ("DELETE", "/api/sessions", "platformos"),
    ("GET", "/session/start/", "dood"),
    ("POST", "/session/login/", "dood"),
    ("GET", "/session/logout/", "dood"),
    ("POST", "/session/register/", "dood"),
    ("GET", "/session", "vprotect"),
    ("POST", "/session/login", "vprotect"),
    ("POST", "/session/login-with-token", "vprotect"),
    ("POST", "/session/logout", "vprotect"),
    ("GET", "/session/user", "vprotect"),
    ("POST", "/session/node/login", "vprotect"),
    ("GET", "/session/user/details", "vprotect"),
];

/// Every route that no document has, with the API of the service's own that it is of.
fn own() -> Vec<(&'static str, &'static str, &'static str)> {
    let of_users = ["/account/password", "/account/reset"].map(|path| ("POST", path, "account"));
    let asked = ["/verify", "/verify/", "/verify/{*below}"]
        .into_iter()
        .flat_map(|path| ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(|method| (method, path, "verify")));
    of_users.into_iter().chain(asked).chain([("POST", "/introspect", "verify")]).collect()
}

async fn table(app: &TestApp) -> Vec<Value> {
    let output = app.command(&["routes", "--json"], "").await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[tokio::test]
async fn every_documented_route_is_mounted_by_default() {
    let app = TestApp::start().await;
    let rows = table(&app).await;
    let mounted: BTreeSet<(&str, &str, &str)> = rows
        .iter()
        .filter(|row| row["edition"] == "documented")
        .map(|row| {
            let text = |name: &str| row[name].as_str().unwrap();
            (text("method"), text("path"), text("dialect"))
        })
        .collect();
    let own = own();
    for route in DOCUMENTED.iter().chain(&own) {
        assert!(mounted.contains(route), "{route:?} is not mounted");
    }
    let found: Vec<_> = mounted.iter().filter(|(_, _, of)| own.iter().any(|(_, _, own)| own == of)).collect();
    assert_eq!(found.len(), own.len(), "one of these is not on the list above: {found:?}");
    assert!(rows.iter().all(|row| row["operation"].is_string()));
    assert!(rows.iter().any(|row| row["path"] == "/api/v1/session" && row["edition"] == "deployed"));
}

#[tokio::test]
async fn a_slash_more_or_less_never_reaches_another_dialect() {
    let app = TestApp::start().await;
    let dood = app.post_form("/session/login/", &[]).await;
    assert!(dood.json().get("code").is_some_and(Value::is_number));
    let vprotect = app.post_json("/session/login", "{}").await;
    assert!(vprotect.json().get("code").is_some_and(Value::is_string));
    for path in [
        "/session//login",
        "/session/login//",
        "/Session/login",
        "/session/./login",
        "/session/%6cogin",
        "/api/session/",
    ] {
        let request = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        let answer = app.raw(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{path}: {answer}");
    }
}

#[tokio::test]
async fn a_wrong_method_is_405_with_the_right_ones() {
    let app = TestApp::start().await;
    for (path, allow) in [
        ("/api/session", "GET, POST"),
        ("/api/session/authenticate", "POST"),
        ("/api/sessions", "DELETE, POST"),
        ("/session", "GET, HEAD"),
        ("/session/user", "GET, HEAD"),
        ("/session/start/", "GET"),
    ] {
        for method in [Method::PUT, Method::PATCH, Method::OPTIONS] {
            let answer = app.send(app.request(method, path)).await;
            assert_eq!((answer.status, answer.header("allow")), (405, allow), "{path}");
        }
    }
}

/// T000-5.
#[tokio::test]
async fn head_is_405_where_get_has_effects() {
    let app = TestApp::start().await;
    for path in ["/api/session", "/session/start/", "/session/logout/", "/session/login/", "/session/register/"] {
        assert_eq!(app.send(app.request(Method::HEAD, path)).await.status, 405, "{path}");
    }
}

#[tokio::test]
async fn mounts_can_be_moved_and_bound_to_hosts() {
    let mounts = "[[mounts]]\ndialect = \"vprotect\"\nprefix = \"/console\"\n[[mounts]]\ndialect = \"dood\"\nhosts = [\"m.example\"]";
    let app = TestApp::with(mounts).await;
    assert_eq!(app.get("/console/session").await.status, 204);
    assert_eq!(app.get("/session").await.status, 404);
    assert_eq!(app.get("/session/start/").await.status, 404);
    let mobile = app.request(Method::GET, "/session/start/").header("host", "m.example");
    assert_eq!(app.send(mobile).await.status, 200);
}

/// T000-2, T000-10.
#[tokio::test]
async fn every_answer_is_named_and_kept_by_nobody() {
    let app = TestApp::start().await;
    for (method, path, _) in DOCUMENTED.into_iter().chain(own()) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let answer = app.send(app.request(method, path).header("x-request-id", "mine-1")).await;
        assert_eq!(answer.header("x-request-id"), "mine-1", "{path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{path}");
        assert_eq!(answer.header("referrer-policy"), "no-referrer", "{path}");
    }
}
