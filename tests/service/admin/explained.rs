//! Why a session is over, by the command line and the API alike.

use super::*;

#[tokio::test]
async fn both_tell_the_same_story() {
    let app = TestApp::start().await;
    let ops = operator(&app, "ops", &[Scope::SessionsRead]).await;
    app.user("ann", &[]).await;
    let login = json!({ "email": "ann@example.com", "password": PASSWORD });
    let token = app.post_json("/api/session", login).await.text("/data/0/token");
    let verified = app.send(app.request(Method::GET, "/verify").bearer_auth(&token)).await;
    let id = verified.header("x-session-id");
    app.command(&["user", "password", "ann", "--password-stdin"], "another s3cret of the day\n").await;
    assert_eq!(app.send(app.request(Method::GET, "/verify").bearer_auth(&token)).await.status, 401);

    let told = ask(&app, &ops, Method::GET, &format!("/sessions/{id}/explanation"), Value::Null).await.json();
    let printed = app.command(&["session", "explain", id, "--json"], "").await;
    let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
    assert_eq!(told["why"], "Its user's password was changed.");
    assert_eq!(printed["why"], told["why"]);
    assert_eq!(told["ended_by"]["instance"], Value::Null, "a command is no process of the service");
    let kinds = |events: &Value, key: &str| {
        events.as_array().unwrap().iter().map(|event| event[key].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(kinds(&told["events"], "kind"), ["session_begun", "password_changed"]);
    assert_eq!(kinds(&printed["events"], "event"), kinds(&told["events"], "kind"));
    let lines = app.command(&["session", "explain", id], "").await;
    let lines = String::from_utf8(lines.stdout).unwrap();
    assert!(lines.contains("Its user's password was changed.") && lines.contains("session_begun"), "{lines}");
}
