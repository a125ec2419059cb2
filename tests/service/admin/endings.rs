//! What an operator ends is over at once, everywhere.

use vestibule_tests::{Doors, Visitor};

use super::*;

/// Who accepts this token as ann's: every session API that reads one, and what asks for others.
async fn accepted(doors: &Doors, token: &str) -> Vec<&'static str> {
    let app = &doors.app;
    let mut accepted = Vec::new();
    for read in Visitor::READ {
        if doors.reads(read, token).await {
            accepted.push(read);
        }
    }
    if app.send(app.request(Method::GET, "/verify").bearer_auth(token)).await.status == 200 {
        accepted.push("verify");
    }
    let introspect = app.request(Method::POST, "/introspect").bearer_auth(&doors.ann.api_token);
    if app.send(introspect.form(&[("token", token)])).await.json()["active"] == true {
        accepted.push("introspect");
    }
    accepted
}

async fn id_of(app: &TestApp, token: &str) -> String {
    app.send(app.request(Method::GET, "/verify").bearer_auth(token)).await.header("x-session-id").to_owned()
}

#[tokio::test]
async fn a_session_that_is_ended_is_refused_by_all_at_once() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let ops = operator(app, "ops", &[Scope::All]).await;
    let ann = app.operator.user("ann").await.unwrap().id;
    let end = async |how: &str, token: &str| {
        let (method, path, body) = match how {
            "one" => (Method::DELETE, format!("/sessions/{}", id_of(app, token).await), Value::Null),
            "all of hers" => (Method::DELETE, format!("/users/{ann}/sessions"), Value::Null),
            _ => {
                let body = json!({ "begun_before": "2901-01-01T00:00:00Z" });
                (Method::POST, "/sessions/revocations".to_owned(), body)
            }
        };
        ask(app, &ops, method, &path, body).await
    };
    for begin in Visitor::BEGIN {
        for how in ["one", "all of hers", "all of anybody's"] {
            app.clock.advance(std::time::Duration::from_secs(1));
            let token = doors.begin(begin).await;
            assert_eq!(accepted(&doors, &token).await.len(), Visitor::READ.len() + 2, "begun by {begin}");
            let ended = end(how, &token).await;
            assert_eq!(ended.status, 200, "{ended:?}");
            assert_eq!(accepted(&doors, &token).await, [""; 0], "begun by {begin}, ended: {how}");
        }
    }
    let token = doors.begin("dialogram").await;
    let earlier = json!({ "begun_before": "2001-01-01T00:00:00Z" });
    let none = ask(app, &ops, Method::POST, "/sessions/revocations", earlier).await;
    assert_eq!(none.json(), json!({ "revoked": 0 }));
    let ended = end("one", &token).await;
    assert_eq!((ended.text("/state"), ended.text("/end_reason")), ("ended".to_owned(), "revoked".to_owned()));
}

#[tokio::test]
async fn a_user_who_is_disabled_is_out_at_once_and_the_log_says_by_whom() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let ops = operator(app, "ops", &[Scope::All]).await;
    let ann = app.operator.user("ann").await.unwrap();
    let token = doors.begin("dialogram").await;
    let id = id_of(app, &token).await;
    let any = [("if-match", "*")];
    let path = format!("/users/{}", ann.id);
    assert_eq!(with(app, &ops, Method::PATCH, &path, json!({ "disabled": true }), &any).await.status, 200);
    assert_eq!(accepted(&doors, &token).await, [""; 0]);
    let why = ask(app, &ops, Method::GET, &format!("/sessions/{id}/explanation"), Value::Null).await.json();
    assert_eq!(why["why"], "Its user was disabled.");
    assert_eq!(why["ended_by"]["operator"], "ops");
    assert_eq!(why["ended_by"]["address"], "127.0.0.1");
    let exported = app.command(&["user", "export", "ann"], "").await;
    let exported: Value = serde_json::from_slice(&exported.stdout).unwrap();
    let disabled = |message: &&Value| message["kind"] == "user_disabled";
    let told = exported["messages"].as_array().unwrap().iter().find(disabled).unwrap();
    assert_eq!(told["address"], Value::Null, "the operator's address is not ann's to have");
    assert_eq!(why["ended_by"]["event"], "user_disabled");
    let instance = why["ended_by"]["instance"].as_str().unwrap();
    assert!(instance.ends_with(&format!(":{}", app.address.port())), "{instance}");
    let shown = ask(app, &ops, Method::GET, &format!("/messages?session={id}"), Value::Null).await.json();
    assert_eq!(shown["items"][0]["kind"], "session_begun");
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
