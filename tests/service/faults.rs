//! A store that is away or holds nonsense: refusals in each dialect's shape, no details, no rights, and no lasting harm.

use serde_json::json;
use vestibule_tests::{Answer, Doors, PASSWORD, TestApp};

const BREAK: &str = "ALTER TABLE sessions RENAME TO elsewhere";
const HEAL: &str = "ALTER TABLE elsewhere RENAME TO sessions";

fn assert_says_nothing(answer: &Answer) {
    for detail in ["sqlite", "SELECT", "sessions", "no such table", "elsewhere", "vestibule.db", "panicked"] {
        assert!(!answer.body.contains(detail), "{detail} in {}", answer.body);
    }
}

/// The operations that need the tables of sessions, in every dialect.
async fn ask_everything(doors: &Doors, token: &str) -> Vec<Answer> {
    let app = &doors.app;
    let credentials = [("email", "ann@example.com"), ("password", PASSWORD)];
    let form = json!({ "form_name": "reference_rest_api_create_sessions", "form": { "email": "ann@example.com", "password": PASSWORD } });
    let by_form = app.request(reqwest::Method::POST, "/api/sessions").json(&form);
    vec![
        app.get(&format!("/api/session?token={token}")).await,
        app.post_form("/api/session/authenticate", &[("token", token), ("login", "ann"), ("password", PASSWORD)]).await,
        app.post_json("/api/session", json!({ "email": "ann@example.com", "password": PASSWORD })).await,
        app.send(by_form.header("authorization", format!("Token token={}", doors.ann.api_token))).await,
        app.post_form("/session/login/", &credentials).await,
        app.get(&format!("/session/logout/?session_key={token}")).await,
        app.post_form("/session/register/", &[("email", "new@example.com"), ("password", PASSWORD)]).await,
        app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await,
        app.send(app.request(reqwest::Method::GET, "/session/user").bearer_auth(token)).await,
        app.send(app.request(reqwest::Method::GET, "/session/user/details").bearer_auth(token)).await,
        app.send(app.request(reqwest::Method::POST, "/session/logout").bearer_auth(token)).await,
        app.get(&format!("/api/session?token={token}&signout=1")).await,
    ]
}

#[tokio::test]
async fn a_store_that_fails_is_told_without_details() {
    // With memory, what is in it would still be told.
    let doors = Doors::open("[sessions]\nin_memory = 0").await;
    let token = doors.begin("easydb").await;
    doors.app.sql(BREAK).await;
    for answer in ask_everything(&doors, &token).await {
        assert_eq!((answer.status, answer.header("retry-after").is_empty()), (503, false), "{answer:?}");
        assert_says_nothing(&answer);
    }
    doors.app.sql(HEAL).await;
    assert!(doors.reads("easydb query", &token).await, "and heals by itself");
    assert_eq!(doors.app.operator.users().await.unwrap().len(), 1, "a registration that failed left nobody");

    doors.app.sql("UPDATE sessions SET subject_kind = 'nonsense'").await;
    let read = doors.app.get(&format!("/api/session?token={token}")).await;
    let fields = [("token", token.as_str()), ("login", "ann"), ("password", PASSWORD)];
    for answer in [read, doors.app.post_form("/api/session/authenticate", &fields).await] {
        assert_eq!((answer.status, answer.text("/code").as_str()), (500, "error.server.generic"));
        assert_eq!(answer.text("/uuid"), answer.header("x-request-id"), "the log knows it by this name");
        assert_says_nothing(&answer);
    }
}

#[tokio::test]
async fn the_status_tells_when_the_store_is_away() {
    let app = TestApp::start().await;
    app.sql("ALTER TABLE installation RENAME TO away").await;
    let status = app.get("/session").await;
    assert_eq!((status.status, status.header("retry-after").is_empty()), (503, false));
    let session = app.get("/api/session").await;
    assert_eq!(session.status, 503, "a system that cannot tell whether it has users is not an unconfigured one");
    assert!(session.json().get("authenticated").is_none());
}

/// T000-1.
#[tokio::test]
async fn an_empty_user_table_does_not_open_a_configured_system() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    for statement in ["DELETE FROM user_keys", "DELETE FROM users"] {
        app.sql(statement).await;
        assert_eq!(app.get("/api/session").await.json()["authenticated"], false, "{statement}");
    }
    app.sql("UPDATE installation SET configured = NULL").await;
    assert_eq!(app.get("/api/session").await.json()["authenticated"], false, "who saw it set up does not forget that");
    let app = app.restart("").await;
    assert_eq!(app.get("/api/session").await.json()["authenticated"], true, "both the latch and the table say so");
    app.sql("DELETE FROM installation").await;
    assert_eq!(app.get("/api/session").await.status, 503);
}
