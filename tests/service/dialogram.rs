//! Document 001, replayed.

use serde_json::{Value, json};
use vestibule_tests::{PASSWORD, TestApp};

const DOCUMENT: &str = include_str!("../../docs/documents/dialogram.txt");

/// The body of the document's `n`th curl sample, as it stands there.
fn sample(n: usize) -> &'static str {
    let start = DOCUMENT.split("-d '").nth(n + 1).unwrap();
    start.split('\'').next().unwrap()
}

async fn documented() -> TestApp {
    let app = TestApp::start().await;
    app.user_with("user", "usermail@domain.com", "password1234", &[]).await;
    app
}

/// The claims of a signed token, unverified.
fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    let bits = part.bytes().map(|byte| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'-' => 62,
        _ => 63,
    });
    let (mut buffer, mut have, mut bytes) = (0_u32, 0, Vec::new());
    for six in bits {
        (buffer, have) = (buffer << 6 | u32::from(six), have + 6);
        if have >= 8 {
            have -= 8;
            bytes.push(u8::try_from(buffer >> have & 0xff).unwrap());
        }
    }
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn the_documents_samples_work_as_they_are_pasted() {
    let app = documented().await;
    for n in 0..2 {
        assert!(sample(n).contains("\"password1234\",\n}"), "the sample has its trailing comma");
        let answer = app.post_json("/api/session", sample(n)).await;
        assert_eq!((answer.status, answer.header("content-type")), (200, "application/json"));
        let (id, token) = (answer.text("/data/0/id"), answer.text("/data/0/token"));
        let expected = format!(
            r#"{{"data":[{{"type":"session","id":"{id}","token":"{token}","deviceName":"Unknown"}}],"includes":[]}}"#
        );
        assert_eq!(answer.body, expected);
    }
}

#[tokio::test]
async fn the_second_samples_data_with_its_nick_name_works_too() {
    let app = documented().await;
    app.user_with("other", "u@domain.com", "JeSuisUnTest", &[]).await;
    let body =
        "{\n\t\"nickName\" : \"NewUser\",\n\t\"email\" : \"u@domain.com\",\n\t\"password\" : \"JeSuisUnTest\",\n}";
    assert_eq!(app.post_json("/api/session", body).await.status, 200);
}

#[tokio::test]
async fn the_token_says_whose_session_it_is_until_when() {
    let app = documented().await;
    let answer = app.post_json("/api/session", sample(0)).await;
    let claims = claims(&answer.text("/data/0/token"));
    assert_eq!(claims["sid"], answer.text("/data/0/id"));
    let user = app.operator.user("user").await.unwrap();
    assert_eq!(claims["sub"], user.id.to_string());
    assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 30 * 24 * 60 * 60);
    assert_eq!(claims["scope"], "");
    for claim in ["iss", "jti"] {
        assert!(claims[claim].is_string(), "{claim}");
    }
}

#[tokio::test]
async fn the_token_outlives_a_restart_and_its_key_is_published() {
    let app = documented().await;
    let token = app.post_json("/api/session", sample(0)).await.text("/data/0/token");
    let keys = app.get("/.well-known/jwks.json").await;
    assert_eq!(
        (keys.status, keys.text("/keys/0/alg").as_str(), keys.text("/keys/0/crv").as_str()),
        (200, "EdDSA", "Ed25519")
    );
    let app = app.restart("").await;
    assert_eq!(app.get("/.well-known/jwks.json").await.body, keys.body);
    let read = app.send(app.request(reqwest::Method::GET, "/session/user").bearer_auth(token)).await;
    assert_eq!(read.status, 200, "on another port");
}

/// T001-1.
#[tokio::test]
async fn an_admins_session_is_a_back_office_session_and_nobody_else_gets_one() {
    let app = documented().await;
    app.user("root", &["admin"]).await;
    let log_in = |email: &str, password: &str| json!({ "email": email, "password": password, "backoffice": true });
    let admin = app.post_json("/api/session", log_in("root@example.com", PASSWORD)).await;
    assert_eq!(claims(&admin.text("/data/0/token"))["scope"], "backoffice");
    let refused = app.post_json("/api/session", log_in("usermail@domain.com", "password1234")).await;
    assert_eq!(refused.status, 403);
    assert_eq!(app.operator.sessions(Some("user")).await.unwrap().len(), 0, "and no session was begun");
}

/// T001-7.
#[tokio::test]
async fn wrong_credentials_are_one_answer_whoever_they_are_of() {
    let app = documented().await;
    app.user("gone", &[]).await;
    app.operator.disable_user("gone").await.unwrap();
    let mut bodies = Vec::new();
    for (email, password) in
        [("usermail@domain.com", "wrong"), ("no@body.com", "wrong"), ("gone@example.com", PASSWORD)]
    {
        let answer = app.post_json("/api/session", json!({ "email": email, "password": password })).await;
        assert_eq!(answer.status, 401);
        bodies.push(answer.body);
    }
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
}

#[tokio::test]
async fn what_cannot_be_a_login_is_told_so_and_begins_nothing() {
    let app = documented().await;
    for (body, status) in [
        ("", 400),
        ("{", 400),
        ("[]", 400),
        (r#"{"email":1,"password":"x"}"#, 400),
        (r#"{"email":"a@b.c","password":"x"} // comment"#, 400),
        (r#"{"email":"a@b.c"}"#, 422),
        (r#"{"email":"","password":"x"}"#, 422),
        (r#"{"email":"a@b.c","password":""}"#, 422),
    ] {
        assert_eq!(app.post_json("/api/session", body).await.status, status, "{body}");
    }
    let post = || app.request(reqwest::Method::POST, "/api/session").body(sample(0));
    assert_eq!(app.send(post().header("content-type", "text/plain")).await.status, 415);
    assert_eq!(app.send(post().header("content-type", "application/json; charset=utf-8")).await.status, 200);
    let picky = post().header("content-type", "application/json").header("accept", "text/html");
    assert_eq!(app.send(picky).await.status, 406);
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 1);
}
