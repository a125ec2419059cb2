//! Guessing: how often it is tried out at all, whichever door and process it comes through, and who is shut out by it.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use tokio::task::JoinSet;
use vestibule_domain::message::EventKind;
use vestibule_tests::{
    Answer, Caller, Doors, PASSWORD, TestApp,
    places::{MYSQL, POSTGRES, REDIS, REDIS_CLUSTER, sessions_on, storage_on},
};

use crate::several_nodes::nodes::Nodes;

const PROXY: &str = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";

const DOORS: [&str; 5] = ["easydb", "dialogram", "platformos", "dood", "vprotect"];

/// A login of `ann` through a door. Whether it is to a session that is there, the first door does not mind.
async fn login(at: &Caller, door: &str, api_token: &str, password: &str, from: &str) -> Answer {
    let forwarded = |request: RequestBuilder| request.header("x-forwarded-for", from.to_owned());
    let post = |path: &str| forwarded(at.request(Method::POST, path));
    let request = match door {
        "easydb" => {
            let token = at.send(forwarded(at.request(Method::GET, "/api/session"))).await.text("/token");
            post("/api/session/authenticate").form(&[("token", token.as_str()), ("login", "ann"), ("password", password)])
        }
        "dialogram" => post("/api/session").json(&json!({ "email": "ann@example.com", "password": password })),
        "platformos" => {
            let form = json!({ "email": "ann@example.com", "password": password });
            let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
            post("/api/sessions").json(&body).header("authorization", format!("Token token={api_token}"))
        }
        "dood" => post("/session/login/").form(&[("email", "ann@example.com"), ("password", password)]),
        _ => post("/session/login").json(&json!({ "login": "ann", "password": password })),
    };
    at.send(request).await
}

/// Whether a login was refused unlooked at; then it says when to come back.
fn is_throttled(answer: &Answer) -> bool {
    let throttled = answer.status == 429 || answer.body.contains("login_blocked");
    assert_eq!(throttled, !answer.header("retry-after").is_empty(), "{answer:?}");
    throttled
}

/// How often the log says this.
async fn logged(app: &TestApp, kind: EventKind) -> usize {
    let messages = app.operator.messages(0, 10_000).await.unwrap();
    messages.iter().filter(|message| message.event.kind == kind).count()
}
