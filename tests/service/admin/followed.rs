//! The log is followed as it grows.

use std::time::Duration;

use super::*;

/// Reads events until there are so many, and gives their ids and kinds.
async fn follow(app: &TestApp, token: &str, last: Option<u64>, count: usize) -> Vec<(u64, String)> {
    let mut request = app.admin.request(Method::GET, "/admin/v1/messages/stream").bearer_auth(token);
    if let Some(last) = last {
        request = request.header("last-event-id", last.to_string());
    }
    let mut response = app.admin.open(request).await;
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let (mut text, mut events) = (String::new(), Vec::new());
    while events.len() < count {
        let chunk = tokio::time::timeout(Duration::from_secs(10), response.chunk()).await;
        text.push_str(&String::from_utf8_lossy(&chunk.expect("more comes").unwrap().expect("it goes on")));
        while let Some((event, rest)) = text.split_once("\n\n").map(|(event, rest)| (event.to_owned(), rest.to_owned()))
        {
            text = rest;
            let field =
                |name: &str| event.lines().find_map(|line| line.strip_prefix(name)).map(|v| v.trim().to_owned());
            if let (Some(id), Some(data)) = (field("id:"), field("data:")) {
                let data: Value = serde_json::from_str(&data).unwrap();
                assert_eq!((field("event:").as_deref(), data["id"].to_string()), (Some("message"), id.clone()));
                events.push((id.parse().unwrap(), data["kind"].as_str().unwrap().to_owned()));
            }
        }
    }
    events
}

#[tokio::test]
async fn what_happens_is_told_and_whoever_comes_back_misses_nothing() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::MessagesRead]).await;
    let before = app.operator.latest_message().await.unwrap();
    let add = async {
        // Once the stream has begun: it begins with what happens from then on.
        tokio::time::sleep(Duration::from_millis(300)).await;
        app.user("ann", &[]).await;
    };
    let (told, ()) = tokio::join!(follow(&app, &token, None, 1), add);
    assert_eq!(told[0], (before + 1, "user_added".to_owned()));

    app.operator.disable_user("ann").await.unwrap();
    app.operator.enable_user("ann").await.unwrap();
    let latest = app.operator.latest_message().await.unwrap();
    let resumed = follow(&app, &token, Some(told[0].0), usize::try_from(latest - told[0].0).unwrap()).await;
    assert!(resumed.iter().map(|(id, _)| *id).eq(told[0].0 + 1..=latest), "{resumed:?}");
    assert_eq!(resumed.last().unwrap().1, "user_enabled");

    let bad = with(&app, &token, Method::GET, "/messages/stream", Value::Null, &[("last-event-id", "x")]).await;
    assert_eq!((bad.status, code(&bad).as_str()), (400, "malformed_request"));
}

#[tokio::test]
async fn an_operator_who_is_revoked_follows_no_longer() {
    let app = TestApp::start().await;
    let token = operator(&app, "ops", &[Scope::MessagesRead]).await;
    let request = app.admin.request(Method::GET, "/admin/v1/messages/stream").bearer_auth(&token);
    let mut response = app.admin.open(request).await;
    assert!(response.chunk().await.unwrap().is_some(), "it has begun");
    app.operator.revoke_operator(ClientName::parse("ops").unwrap()).await.unwrap();
    app.user("ann", &[]).await;
    let mut rest = String::new();
    let ends = async {
        while let Some(chunk) = response.chunk().await.unwrap() {
            rest.push_str(&String::from_utf8_lossy(&chunk));
        }
    };
    tokio::time::timeout(Duration::from_secs(10), ends).await.expect("it ends");
    assert!(!rest.contains("user_added"), "{rest}");
}
