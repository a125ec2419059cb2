//! What an operator ends is over at once, everywhere.

use super::*;

/// Whether anybody accepts this token: proxies that ask, and the APIs that read it from a header or query.
async fn accepted(app: &TestApp, token: &str) -> Vec<&'static str> {
    let bearer = |path: &str| app.request(Method::GET, path).bearer_auth(token);
    let mut accepted = Vec::new();
    if app.send(bearer("/verify")).await.status == 200 {
        accepted.push("verify");
    }
    if app.get(&format!("/api/session?token={token}")).await.status == 200 {
        accepted.push("easydb");
    }
    let introspected = app.api_token(&format!("asks-{}", rand())).await;
    let introspect = app.request(Method::POST, "/introspect").bearer_auth(introspected).form(&[("token", token)]);
    if app.send(introspect).await.json()["active"] == true {
        accepted.push("introspect");
    }
    accepted
}

/// A number that no other call gave.
fn rand() -> usize {
    static NEXT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);
    NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed)
}

async fn session(app: &TestApp, who: &str) -> (String, String) {
    let login = json!({ "email": format!("{who}@example.com"), "password": PASSWORD });
    let token = app.post_json("/api/session", login).await.text("/data/0/token");
    let verified = app.send(app.request(Method::GET, "/verify").bearer_auth(&token)).await;
    (token, verified.header("x-session-id").to_owned())
}

#[tokio::test]
async fn a_session_that_is_ended_is_refused_by_all_at_once() {
    let app = TestApp::start().await;
    let ops = operator(&app, "ops", &[Scope::All]).await;
    let ann = app.user("ann", &[]).await;
    app.user("bob", &[]).await;
    let (hers, (his, _)) = (session(&app, "ann").await, session(&app, "bob").await);
    assert!(accepted(&app, &hers.0).await.contains(&"verify"));

    let ended = ask(&app, &ops, Method::DELETE, &format!("/sessions/{}", hers.1), Value::Null).await;
    assert_eq!(
        (ended.status, ended.text("/state"), ended.text("/end_reason")),
        (200, "ended".into(), "revoked".into())
    );
    assert_eq!(accepted(&app, &hers.0).await, [""; 0]);

    let (second, _) = session(&app, "ann").await;
    let all = ask(&app, &ops, Method::DELETE, &format!("/users/{}/sessions", ann.id), Value::Null).await;
    assert_eq!(all.json(), json!({ "revoked": 1 }));
    assert_eq!(accepted(&app, &second).await, [""; 0]);
    assert!(accepted(&app, &his).await.contains(&"verify"), "another's stays");

    let before =
        ask(&app, &ops, Method::POST, "/sessions/revocations", json!({ "begun_before": "2001-01-01T00:00:00Z" }));
    assert_eq!(before.await.json(), json!({ "revoked": 0 }));
    let later =
        ask(&app, &ops, Method::POST, "/sessions/revocations", json!({ "begun_before": "2901-01-01T00:00:00Z" }));
    assert_eq!(later.await.json(), json!({ "revoked": 1 }));
    assert_eq!(accepted(&app, &his).await, [""; 0]);
}

#[tokio::test]
async fn a_user_who_is_disabled_is_out_at_once_and_the_log_says_by_whom() {
    let app = TestApp::start().await;
    let ops = operator(&app, "ops", &[Scope::All]).await;
    let ann = app.user("ann", &[]).await;
    let (token, id) = session(&app, "ann").await;
    let any = [("if-match", "*")];
    let path = format!("/users/{}", ann.id);
    assert_eq!(with(&app, &ops, Method::PATCH, &path, json!({ "disabled": true }), &any).await.status, 200);
    assert_eq!(accepted(&app, &token).await, [""; 0]);
    let why = ask(&app, &ops, Method::GET, &format!("/sessions/{id}/explanation"), Value::Null).await.json();
    assert_eq!(why["why"], "Its user was disabled.");
    assert_eq!(why["ended_by"]["operator"], "ops");
    assert_eq!(why["ended_by"]["event"], "user_disabled");
    let instance = why["ended_by"]["instance"].as_str().unwrap();
    assert!(instance.ends_with(&format!(":{}", app.address.port())), "{instance}");
    let shown = ask(&app, &ops, Method::GET, &format!("/messages?session={id}"), Value::Null).await.json();
    assert_eq!(shown["items"][0]["kind"], "session_authenticated");
    assert_eq!(shown["items"][0]["user"], ann.id.to_string());
}

#[tokio::test]
async fn a_login_token_and_a_nodes_secret_are_made_here_and_good_there() {
    let app = TestApp::start().await;
    let ops = operator(&app, "ops", &[Scope::All]).await;
    let ann = app.user("ann", &[]).await;
    let issued = ask(&app, &ops, Method::POST, "/login-tokens", json!({ "user": ann.id.to_string() })).await;
    assert_eq!(issued.status, 201, "{issued:?}");
    let login = json!({ "token": issued.text("/token") });
    let entered = app.post_json("/session/login-with-token", login.clone()).await;
    assert_eq!(entered.status / 100, 2, "{entered:?}");
    assert_ne!(app.post_json("/session/login-with-token", login).await.status / 100, 2, "it is good once");

    let node = ask(&app, &ops, Method::POST, "/nodes", json!({ "name": "backup" })).await;
    let rotated = ask(&app, &ops, Method::POST, "/nodes/backup/secret", json!({ "grace_seconds": 60 })).await;
    assert_ne!(node.text("/secret"), rotated.text("/secret"));
    assert!(ask(&app, &ops, Method::GET, "/nodes/backup", Value::Null).await.json().get("secret").is_none());
    assert_eq!(ask(&app, &ops, Method::DELETE, "/nodes/backup", Value::Null).await.status, 204);
    assert_eq!(ask(&app, &ops, Method::GET, "/nodes/backup", Value::Null).await.status, 404);
    let settings = ask(&app, &ops, Method::GET, "/settings", Value::Null).await;
    assert!(settings.status == 200 && settings.json().as_object().unwrap().len() > 10, "{settings:?}");
}
