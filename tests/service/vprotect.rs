//! Document 004, replayed.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_domain::node::NodeName;
use vestibule_tests::{Answer, PASSWORD, TestApp};

async fn log_in(app: &TestApp) -> Answer {
    app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await
}

async fn with_cookie(app: &TestApp, method: Method, path: &str, session: &str) -> Answer {
    app.send(app.request(method, path).header("cookie", format!("JSESSIONID={session}"))).await
}

/// The members that the document's samples show, in its order.
fn documented(body: &Value) -> (i64, Option<i64>, &str) {
    let millis = |name: &str| body[name].as_i64();
    (millis("lastSuccessfulLogin").unwrap(), millis("lastFailedLogin"), body["uiTimeZone"].as_str().unwrap())
}

/// T004-5.
#[tokio::test]
async fn the_status_is_204_and_says_nothing() {
    let app = TestApp::start().await;
    for method in [Method::GET, Method::HEAD] {
        let answer = app.send(app.request(method, "/session").header("content-type", "application/json")).await;
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(answer.header("set-cookie"), "");
    }
}

#[tokio::test]
async fn a_login_is_201_with_a_cookie_and_what_the_document_shows() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let answer = log_in(&app).await;
    assert_eq!((answer.status, answer.header("content-type")), (201, "application/json"));
    assert!(answer.body.starts_with(r#"{"lastSuccessfulLogin":"#), "{}", answer.body);
    let json = answer.json();
    assert_eq!((documented(&json).1, documented(&json).2), (None, "UTC"), "never failed yet");
    assert!(answer.header("set-cookie").contains("HttpOnly; SameSite=Lax"));
    let user = with_cookie(&app, Method::GET, "/session/user", &answer.cookie("JSESSIONID").unwrap()).await;
    assert_eq!((user.status, user.json()), (200, json));
}

#[tokio::test]
async fn the_times_of_logins_are_told_and_survive_a_restart() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let wrong = app.post_json("/session/login", json!({ "login": "ann", "password": "wrong" })).await;
    assert_eq!(wrong.status, 401);
    app.clock.advance(Duration::from_secs(5));
    let before = log_in(&app).await;
    let (succeeded, failed, _) = documented(&before.json());
    assert_eq!(succeeded - failed.unwrap(), 5000);
    let session = before.cookie("JSESSIONID").unwrap();
    let app = app.restart("").await;
    let after = with_cookie(&app, Method::GET, "/session/user", &session).await;
    assert_eq!((after.status, after.json()), (200, before.json()));
}

#[tokio::test]
async fn details_tell_who_the_user_is() {
    let app = TestApp::start().await;
    let user = app.user("ann", &["admin"]).await;
    let session = log_in(&app).await.cookie("JSESSIONID").unwrap();
    let details = with_cookie(&app, Method::GET, "/session/user/details", &session).await;
    assert_eq!(details.status, 200);
    assert!(details.body.starts_with(&format!(r#"{{"guid":"{}","lastSuccessfulLogin":"#, user.id)), "{}", details.body);
    assert_eq!((details.text("/login"), details.text("/email")), ("ann".to_owned(), "ann@example.com".to_owned()));
    assert_eq!(details.json()["roles"], json!(["admin"]));
}

/// T004-1.
#[tokio::test]
async fn a_login_token_lets_its_user_in_once_and_not_for_long() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let issue = async || app.operator.issue_login_token("ann", Duration::from_mins(5)).await.unwrap();
    let token = issue().await.token.expose().to_owned();
    let spend = async |token: &str| app.post_json("/session/login-with-token", json!({ "token": token })).await;
    let first = spend(&token).await;
    assert_eq!(first.status, 201);
    let session = first.cookie("JSESSIONID").unwrap();
    assert_eq!(with_cookie(&app, Method::GET, "/session/user", &session).await.status, 200);
    let wrong = app.post_json("/session/login", json!({ "login": "ann", "password": "wrong" })).await;
    for refused in [&token, "nonsense", "c473472d-c085-4043-9bf0-ee80bff73d40"] {
        let answer = spend(refused).await;
        assert_eq!((answer.status, &answer.body), (401, &wrong.body), "one answer for all wrong credentials");
    }
    let late = issue().await.token.expose().to_owned();
    app.clock.advance(Duration::from_mins(5));
    assert_eq!(spend(&late).await.status, 401);
}

/// T004-2.
#[tokio::test]
async fn a_node_logs_in_with_its_secret_and_is_not_a_user() {
    let app = TestApp::start().await;
    let name = || NodeName::parse("backup-7").unwrap();
    let added = app.operator.add_node(name()).await.unwrap();
    let secret = added.secret.expose().to_owned();
    let log_in = async |body: Value| app.post_json("/session/node/login", body).await;
    let by_guid = log_in(json!({ "guid": added.node.id.to_string(), "secret": secret })).await;
    let by_name = log_in(json!({ "name": "backup-7", "secret": secret })).await;
    for answer in [&by_guid, &by_name] {
        assert_eq!(answer.status, 201, "{}", answer.body);
        let session = answer.cookie("JSESSIONID").unwrap();
        assert_eq!(with_cookie(&app, Method::GET, "/session/user", &session).await.status, 200);
        assert_eq!(with_cookie(&app, Method::GET, "/session/user/details", &session).await.status, 403);
    }
    assert_eq!(log_in(json!({ "name": "backup-7", "secret": "wrong" })).await.status, 401);
    let rotated = app.operator.rotate_node(name(), Duration::from_hours(1)).await.unwrap();
    for good in [&secret, rotated.secret.expose()] {
        assert_eq!(log_in(json!({ "name": "backup-7", "secret": good })).await.status, 201);
    }
    app.clock.advance(Duration::from_hours(1));
    assert_eq!(log_in(json!({ "name": "backup-7", "secret": secret })).await.status, 401, "the grace is over");
}

#[tokio::test]
async fn a_logout_is_201_and_without_a_session_401() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let session = log_in(&app).await.cookie("JSESSIONID").unwrap();
    let answer = with_cookie(&app, Method::POST, "/session/logout", &session).await;
    assert_eq!((answer.status, answer.body.as_str(), answer.cookie("JSESSIONID").as_deref()), (201, "", Some("")));
    assert_eq!(with_cookie(&app, Method::POST, "/session/logout", &session).await.status, 401);
    for path in ["/session/user", "/session/user/details"] {
        assert_eq!(with_cookie(&app, Method::GET, path, &session).await.status, 401);
        assert_eq!(app.get(path).await.status, 401);
    }
}

#[tokio::test]
async fn a_login_on_a_live_session_replaces_it() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let first = log_in(&app).await.cookie("JSESSIONID").unwrap();
    let request = app.request(Method::POST, "/session/login").header("cookie", format!("JSESSIONID={first}"));
    let second = app.send(request.json(&json!({ "login": "ann", "password": PASSWORD }))).await;
    assert_eq!(with_cookie(&app, Method::GET, "/session/user", &first).await.status, 401);
    let second = second.cookie("JSESSIONID").unwrap();
    assert_eq!(with_cookie(&app, Method::GET, "/session/user", &second).await.status, 200);
}

/// T004-3.
#[tokio::test]
async fn a_foreign_page_cannot_use_the_cookie() {
    let app = TestApp::with("[vprotect]\nallowed_origins = [\"https://console.example\"]").await;
    app.user("ann", &[]).await;
    let session = log_in(&app).await.cookie("JSESSIONID").unwrap();
    let log_out = |header: &'static str, value: &'static str| {
        app.request(Method::POST, "/session/logout")
            .header("cookie", format!("JSESSIONID={session}"))
            .header(header, value)
    };
    for (header, value) in [("origin", "https://evil.test"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        assert_eq!(app.send(log_out(header, value)).await.status, 403, "{value}");
    }
    assert_eq!(with_cookie(&app, Method::GET, "/session/user", &session).await.status, 200, "and it lives");
    assert_eq!(app.send(log_out("origin", "https://console.example")).await.status, 201);
}

#[tokio::test]
async fn malformed_requests_are_told_so() {
    let app = TestApp::start().await;
    for (path, body, status) in [
        ("/session/login", "{", 400),
        ("/session/login", "{ }", 400),
        ("/session/login", r#"{"login":1,"password":"x"}"#, 400),
        ("/session/login-with-token", "{ }", 400),
        ("/session/node/login", r#"{"secret":"x"}"#, 400),
    ] {
        let answer = app.post_json(path, body).await;
        assert_eq!(answer.status, status, "{path} {body}");
        assert!(!answer.text("/message").is_empty() && !answer.text("/code").is_empty());
    }
    let form = app.post_form("/session/login", &[("login", "ann")]).await;
    assert_eq!(form.status, 415);
}

#[tokio::test]
async fn the_deployed_edition_differs_in_what_is_known_to_differ() {
    let app = TestApp::with("[[mounts]]\ndialect = \"vprotect\"\nedition = \"deployed\"").await;
    app.user("ann", &[]).await;
    let answer = log_in(&app).await;
    assert_eq!(answer.status, 200);
    let wrong = app.post_json("/session/login", json!({ "login": "ann", "password": "wrong" })).await;
    assert_eq!(wrong.status, 400);
    let session = answer.cookie("JSESSIONID").unwrap();
    assert_eq!(with_cookie(&app, Method::POST, "/session/logout", &session).await.status, 204);
    assert_eq!(with_cookie(&app, Method::POST, "/session/logout", &session).await.status, 401);
}
