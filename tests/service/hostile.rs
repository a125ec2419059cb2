//! Bytes nobody should send: a clear 4xx in the dialect's own shape, nothing written, never a 500.

use reqwest::Method;
use vestibule_tests::{Answer, TestApp};

/// Each operation that reads input, with its dialect.
const DOORS: [(&str, &str, &str); 12] = [
    ("easydb", "POST", "/api/session/authenticate"),
    ("dialogram", "POST", "/api/session"),
    ("platformos", "POST", "/api/sessions"),
    ("platformos", "DELETE", "/api/sessions"),
    ("dood", "POST", "/session/login/"),
    ("dood", "POST", "/session/register/"),
    ("vprotect", "POST", "/session/login"),
    ("vprotect", "POST", "/session/login-with-token"),
    ("vprotect", "POST", "/session/node/login"),
    ("vprotect", "POST", "/session/logout"),
    ("account", "POST", "/account/password"),
    ("account", "POST", "/account/reset"),
];

/// Whether an answer is in the error shape of its dialect. A bare 401 is one of dood's.
fn is_in_shape(dialect: &str, answer: &Answer) -> bool {
    let member = match dialect {
        "easydb" => "/realm",
        "dialogram" => "/errors/0/status",
        "platformos" => "/errors",
        "dood" if answer.body.is_empty() => return answer.status == 401,
        "dood" => "/code",
        "account" => "/title",
        _ => "/message",
    };
    serde_json::from_str::<serde_json::Value>(&answer.body).is_ok_and(|body| body.pointer(member).is_some())
}

async fn assert_refused(app: &TestApp, (dialect, method, path): (&str, &str, &str), kind: &str, body: Vec<u8>) {
    let token = app.api_token(&format!("t{}", app.operator.clients().await.unwrap().len())).await;
    let request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), path).header("content-type", kind);
    let request = request.header("authorization", format!("Token token={token}")).body(body.clone());
    let answer = app.send(request).await;
    let sent = String::from_utf8_lossy(&body[..body.len().min(60)]).into_owned();
    // dood's document wants HTTP 200 for a registration that fails.
    let failed_registration = path == "/session/register/" && answer.status == 200 && answer.json()["code"] != 0;
    assert!(failed_registration || (400..500).contains(&answer.status), "{method} {path} {kind} {sent}: {answer:?}");
    assert!(is_in_shape(dialect, &answer), "{method} {path} {kind} {sent}: {answer:?}");
    assert_eq!(answer.header("cache-control"), "no-store");
}

#[tokio::test]
async fn every_door_refuses_what_it_cannot_read_in_its_own_words() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let long = "a".repeat(10_000);
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("application/json", b"{".to_vec()),
        ("application/json", b"[]".to_vec()),
        ("application/json", b"\xff\xfe".to_vec()),
        ("application/json", b"{\"email\":\"a\\ud800\"}".to_vec()),
        ("application/json", br#"{"email":{"$gt":""},"login":[],"password":{},"token":[],"form":7,"secret":[]}"#.to_vec()),
        ("application/json", br#"{"email":"a\u0000@b.cz","login":"a\u0000","password":"x","token":"\u0000","guid":"\u0000","secret":"x"}"#.to_vec()),
        ("application/json", "[".repeat(60_000).into_bytes()),
        ("application/json", format!(r#"{{"email":"{long}@b.cz","login":"{long}","password":"{long}","token":"{long}","name":"{long}","secret":"{long}"}}"#).into_bytes()),
        ("application/x-www-form-urlencoded", b"email=%zz&token=%&form_name=%ff".to_vec()),
        ("application/x-www-form-urlencoded", b"email=a%00@b.cz&login=%00&password=x&token=%00&form_name=%00".to_vec()),
        ("application/x-www-form-urlencoded", format!("email={long}&login={long}&token={long}&password={long}").into_bytes()),
        ("multipart/form-data; boundary=x", b"--x\r\nbroken".to_vec()),
        ("text/plain", b"hello".to_vec()),
        ("application/octet-stream", vec![0; 100]),
        ("nonsense", b"x".to_vec()),
        ("application/json", vec![b' '; 64 * 1024 + 1]),
    ];
    for door in DOORS {
        for (kind, body) in &bodies {
            assert_refused(&app, door, kind, body.clone()).await;
        }
    }
    assert_eq!(app.operator.users().await.unwrap().len(), 1);
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 0);
}

#[tokio::test]
async fn broken_queries_are_refused() {
    let app = TestApp::start().await;
    for path in [
        "/api/session?token=%zz",
        "/api/session?token=%00",
        "/api/session?token=%ff",
        "/session/logout/?session_key=%",
        "/session/start/?system=%00",
    ] {
        let answer = app.raw(format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 4"), "{path}: {answer}");
    }
    let long =
        format!("GET /api/session?token={} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n", "a".repeat(40_000));
    assert!(app.raw(long.as_bytes()).await.starts_with("HTTP/1.1 4"));
}

#[tokio::test]
async fn an_oversized_body_is_413_in_the_dialects_shape() {
    let app = TestApp::start().await;
    for (dialect, method, path) in DOORS {
        let request = app.request(Method::from_bytes(method.as_bytes()).unwrap(), path).body(vec![b'a'; 64 * 1024 + 1]);
        let answer = app.send(request).await;
        assert_eq!(answer.status, 413, "{path}");
        assert!(is_in_shape(dialect, &answer), "{answer:?}");
    }
}

#[tokio::test]
async fn of_two_parameters_of_one_name_the_first_wins() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let token = app.get("/api/session").await.text("/token");
    let body = format!(
        "token={token}&token=nonsense&login=ann&login=nobody&password={}",
        vestibule_tests::PASSWORD.replace(' ', "+")
    );
    let request = app.request(Method::POST, "/api/session/authenticate?token=else&login=else");
    let request = request.header("content-type", "application/x-www-form-urlencoded").body(body);
    assert_eq!(app.send(request).await.status, 200);
}

#[tokio::test]
async fn broken_http_is_closed_and_does_nothing() {
    let app = TestApp::start().await;
    for bytes in [
        &b"\0\0\0\0\r\n\r\n"[..],
        b"GET /api/session HTTP/9.9\r\n\r\n",
        b"POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 6\r\n\r\nhello",
        b"POST /api/session HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n",
    ] {
        let answer = app.raw(bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 400"), "{answer}");
    }
}
