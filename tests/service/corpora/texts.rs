//! Texts that stores, parsers and people read differently: the same answer on every store.

use reqwest::{Method, RequestBuilder};
use serde_json::json;
use vestibule_tests::{
    PASSWORD, TestApp,
    places::{MYSQL, POSTGRES, storage_on},
};

use super::{PATIENT, corpus, judged, post, text};

const WORDS: &str = "kot na dachu";

/// What is compared: the input, the door, the status, and the code within.
type Seen = (String, String, u16, String);

async fn service(storage: &str) -> TestApp {
    let app = TestApp::with(&format!("{PATIENT}{storage}")).await;
    app.user("ann", &[]).await;
    app
}

/// JSON bodies in which a text stands where each field is read, on their paths. `%` is the JSON string.
const BODIES: [(&str, &str); 17] = [
    ("/api/session", r#"{"email":%,"password":"x"}"#),
    ("/api/session", r#"{"email":"ann@example.com","password":%}"#),
    ("/api/session", r#"{"email":"ann@example.com","password":"s3cret of the day","deviceName":%}"#),
    ("/api/session/authenticate", r#"{"token":%,"login":"ann","password":"x"}"#),
    ("/api/session/authenticate", r#"{"token":"TOKEN","login":%,"password":"x"}"#),
    ("/api/session/authenticate", r#"{"token":"TOKEN","login":"ann","password":%}"#),
    ("/api/sessions", r#"{"form_name":%,"form":{"email":"ann@example.com","password":"x"}}"#),
    ("/api/sessions", r#"{"form_name":"reference_rest_api_create_sessions","form":{"email":%,"password":%}}"#),
    ("/session/login", r#"{"login":%,"password":"x"}"#),
    ("/session/login", r#"{"login":"ann","password":%}"#),
    ("/session/login-with-token", r#"{"token":%}"#),
    ("/session/node/login", r#"{"name":%,"secret":"x"}"#),
    ("/session/node/login", r#"{"guid":%,"secret":%}"#),
    ("/session/login/", r#"{"email":%,"password":"x"}"#),
    ("/session/login/", r#"{"email":"ann@example.com","password":"s3cret of the day","system":%,"session_key":null}"#),
    ("/session/login/", r#"{"email":"ann@example.com","password":"s3cret of the day","session_key":%}"#),
    ("/session/register/", r#"{"email":%,"password":%,"name":%,"default_city":%}"#),
];

/// The same in queries and headers.
fn plain(app: &TestApp, value: &str) -> Vec<RequestBuilder> {
    let get = |path: &str| app.request(Method::GET, path);
    let mut all = vec![
        get("/api/session").query(&[("token", value)]),
        get("/api/session").query(&[("signout", value)]),
        get("/session/logout/").query(&[("session_key", value)]),
        get("/session/start/").query(&[("system", value)]),
        app.request(Method::DELETE, "/api/sessions").query(&[("form_name", value)]),
        app.request(Method::POST, "/session/login/").form(&[("email", value), ("password", value)]),
    ];
    if let Ok(value) = reqwest::header::HeaderValue::from_bytes(value.as_bytes()) {
        all.push(get("/session/user").header("authorization", value.clone()));
        all.push(get("/session/user").header("x-session-token", value.clone()));
        all.push(get("/session/user").header("user-agent", value));
    }
    all
}

/// What is answered to every text of the corpus at every door.
async fn seen_on(storage: &str) -> Vec<Seen> {
    let app = service(storage).await;
    let authorization = format!("Token token={}", app.api_token("tests").await);
    let mut seen = Vec::new();
    for line in corpus("unicode.txt") {
        for (path, body) in BODIES {
            let token =
                if body.contains("TOKEN") { app.get("/api/session").await.text("/token") } else { String::new() };
            let body = body.replace('%', &line).replace("TOKEN", &token);
            let request = app.request(Method::POST, path).header("content-type", "application/json");
            let answer = app.send(request.header("authorization", &authorization).body(body.clone())).await;
            let code =
                serde_json::from_str::<serde_json::Value>(&answer.body).ok().map(|body| body["code"].to_string());
            assert!(answer.status < 500, "{path} {body}: {answer:?}");
            let door = format!("{path} {}", body.split('"').nth(1).unwrap_or_default());
            seen.push((line.clone(), door, answer.status, code.unwrap_or_default()));
        }
        // Half a surrogate pair can only stand in JSON.
        let Ok(value) = serde_json::from_str::<String>(&line) else { continue };
        for request in plain(&app, &value) {
            let request = request.build().unwrap();
            let door = request.url().path().to_owned();
            if request.url().as_str().len() > 15_000 {
                continue;
            }
            let answer = app.execute(request).await;
            assert!(answer.status < 500, "{door} {line}: {answer:?}");
            seen.push((line.clone(), door, answer.status, String::new()));
        }
    }
    assert!(seen.len() > 3000, "enough was tried");
    // It still works, and nobody came in who has no password.
    assert!(!app.operator.users().await.unwrap().is_empty());
    assert_eq!(app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await.status, 201);
    seen
}

fn assert_same(seen: &[Seen], reference: &[Seen], store: &str) {
    for (here, there) in seen.iter().zip(reference) {
        assert_eq!(here, there, "{store} differs from SQLite");
    }
    assert_eq!(seen.len(), reference.len());
}

/// T003-10, I11: every text has one answer, whichever database keeps it, and none that is a failure.
#[tokio::test]
async fn t003_10_every_text_has_the_same_answer_on_every_database() {
    let reference = Box::pin(seen_on("")).await;
    for variable in [POSTGRES, MYSQL] {
        if let Some(storage) = storage_on(variable).await {
            assert_same(&Box::pin(seen_on(&storage)).await, &reference, variable);
        }
    }
}

/// What comes of registering the second address after the first: `one`, `two` or `bad`.
async fn decision(app: &TestApp, n: usize, first: &str, second: &str) -> &'static str {
    // Every pair in a domain of its own, so that no other pair's address is in the way.
    let own = |address: &str| {
        address
            .replace("x.test", &format!("x{n}.test"))
            .replace("X.TEST", &format!("X{n}.TEST"))
            .replace("example.org", &format!("e{n}.org"))
    };
    let (first, second) = (own(first), own(second));
    let register = async |email: &str, password: &str| {
        let body = json!({ "email": email, "password": password }).to_string();
        post(app, "/session/register/", body).await
    };
    let (begun, other) = (register(&first, WORDS).await, register(&second, "kot pod stołem").await);
    if begun.json()["code"] == 35 {
        return "bad";
    }
    assert_eq!(begun.json()["code"], 0, "{first:?}: {begun:?}");
    let who = async |key: String| {
        app.send(app.request(Method::GET, "/session/user/details").bearer_auth(key)).await.text("/guid")
    };
    let log_in = async |email: &str, password: &str| {
        post(app, "/session/login/", json!({ "email": email, "password": password }).to_string()).await
    };
    let decided = match other.json()["code"].as_i64().unwrap() {
        0 => {
            let (one, two) = (who(begun.text("/session_key")).await, who(other.text("/session_key")).await);
            assert_ne!(one, two, "{first:?} and {second:?} are one person");
            assert_eq!(who(log_in(&second, "kot pod stołem").await.text("/session_key")).await, two, "{second:?}");
            assert_eq!(log_in(&second, WORDS).await.status, 401, "{first:?} has the password of {second:?}");
            "two"
        }
        34 => {
            assert_eq!(
                log_in(&second, WORDS).await.status,
                200,
                "{second:?} is {first:?} to one door and not to another"
            );
            "one"
        }
        code => {
            assert_eq!(code, 35, "{other:?}");
            assert_eq!(log_in(&second, WORDS).await.status, 401, "{second:?} is no address and lets in");
            "bad"
        }
    };
    // Whatever became of the second, the first is who it was.
    assert_eq!(who(log_in(&first, WORDS).await.text("/session_key")).await, who(begun.text("/session_key")).await);
    decided
}

async fn decisions_on(storage: &str) {
    let app = service(storage).await;
    let mut wrong = Vec::new();
    for (n, (verdict, line)) in judged("look-alikes.txt").into_iter().enumerate() {
        let (first, second) = line.split_once("\" \"").unwrap();
        let (first, second) = (text(&format!("{first}\"")), text(&format!("\"{second}")));
        let found = decision(&app, n, &first, &second).await;
        if found != verdict {
            wrong.push(format!("{found} {line}"));
        }
    }
    assert!(wrong.is_empty(), "not as written:\n{}", wrong.join("\n"));
}

/// T003-10: two people never become one, nor one two, on any store.
#[tokio::test]
async fn t003_10_addresses_that_look_alike_are_told_apart_or_not_alike_everywhere() {
    decisions_on("").await;
    decisions_on("[storage]\nurl = \"memory:\"\n").await;
    let directory = tempfile::tempdir().unwrap();
    decisions_on(&format!("[storage]\nurl = \"redb://{}/vestibule.redb\"\n", directory.path().display())).await;
    for variable in [POSTGRES, MYSQL] {
        if let Some(storage) = storage_on(variable).await {
            decisions_on(&storage).await;
        }
    }
}
