//! Why a session is over, by the command line and the API alike.

use std::time::Duration;

use tokio::time::{Instant, sleep};

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

/// What `session explain` says of it, once that is true of what it says.
async fn explained(app: &TestApp, id: &str, is_so: impl Fn(&Value) -> bool) -> Value {
    let begun = Instant::now();
    loop {
        let printed = app.command(&["session", "explain", id, "--json"], "").await;
        let printed: Value = serde_json::from_slice(&printed.stdout).unwrap();
        if is_so(&printed) {
            return printed;
        }
        assert!(begun.elapsed() < Duration::from_secs(20), "{printed}");
        sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn of_a_session_that_was_nobodys_at_first_it_is_told_when_it_became_somebodys_and_on_what_device() {
    let app = TestApp::with("sessions.touch_interval = \"50ms\"").await;
    app.user("ann", &[]).await;
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let by_firefox = |method, path: &str| app.request(method, path).header("user-agent", firefox);
    let token = app.send(by_firefox(Method::GET, "/api/session")).await.text("/token");
    app.clock.advance(Duration::from_mins(1));
    let login = [("token", token.as_str()), ("login", "ann"), ("password", PASSWORD)];
    assert_eq!(app.send(by_firefox(Method::POST, "/api/session/authenticate").form(&login)).await.status, 200);
    app.clock.advance(Duration::from_mins(11));
    let id = app.send(app.request(Method::GET, "/verify").bearer_auth(&token)).await.header("x-session-id").to_owned();

    let seen = |told: &Value| told["last_seen"].as_str() > told["authenticated"].as_str();
    let told = explained(&app, &id, seen).await;
    assert_eq!(
        (&told["device"], &told["user"], &told["dialect"]),
        (&json!("Firefox on Linux"), &json!("ann"), &json!("easydb"))
    );
    let minutes = |key: &str| told[key].as_str().unwrap()[14..16].parse::<u8>().unwrap();
    let (begun, authenticated, last_seen) = (minutes("begun"), minutes("authenticated"), minutes("last_seen"));
    assert_eq!((authenticated - begun, last_seen - begun), (1, 12), "{told}");
    assert_eq!(told["ended"], Value::Null);
    let events: Vec<_> = told["events"].as_array().unwrap().iter().map(|event| &event["event"]).collect();
    assert_eq!(events, ["session_authenticated"], "the beginning of a sealed token is in no log");
    assert_eq!(told["events"][0]["at"], told["authenticated"]);

    let lines = app.command(&["session", "explain", &id], "").await;
    let lines = String::from_utf8(lines.stdout).unwrap();
    for shown in ["device         Firefox on Linux", "last_seen ", "authenticated  2", "session_authenticated"] {
        assert!(lines.contains(shown), "{shown}: {lines}");
    }
}
