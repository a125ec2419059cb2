//! One parameter in two places, or in brackets.

use reqwest::Method;
use vestibule_tests::{Answer, PASSWORD, TestApp};

use super::PATIENT;

/// Ann's password and the wrong one, as a form writes them.
const RIGHT: &str = "s3cret+of+the+day";
const FORM: &str = "application/x-www-form-urlencoded";

async fn service() -> TestApp {
    let app = TestApp::with(PATIENT).await;
    app.user("ann", &[]).await;
    app.user_with("bob", "bob@example.com", "another one of today", &[]).await;
    assert_eq!(RIGHT.replace('+', " "), PASSWORD);
    app
}

async fn form(app: &TestApp, path: &str, body: &str) -> Answer {
    let request = app.request(Method::POST, path).header("content-type", FORM);
    app.send(request.body(body.to_owned())).await
}

/// I6: whoever checks the first value and whoever uses it is one and the same; a second one is never looked at.
#[tokio::test]
async fn i6_of_two_values_the_first_is_checked_and_used() {
    let app = service().await;
    for (query, body, lets_in) in [
        ("", format!("email=ann@example.com&password={RIGHT}&email=bob@example.com"), true),
        ("", format!("email=bob@example.com&password={RIGHT}&email=ann@example.com"), false),
        ("", format!("email=ann@example.com&password={RIGHT}&password=wrong"), true),
        ("", format!("email=ann@example.com&password=wrong&password={RIGHT}"), false),
        ("?email=bob@example.com", format!("email=ann@example.com&password={RIGHT}"), true),
        ("?email=ann@example.com", format!("email=bob@example.com&password={RIGHT}"), false),
        ("?password=wrong", format!("email=ann@example.com&password={RIGHT}"), true),
        (&*format!("?password={RIGHT}"), "email=ann@example.com&password=wrong".to_owned(), false),
        (&*format!("?password={RIGHT}"), "email=ann@example.com&password=".to_owned(), false),
        (&*format!("?email=ann@example.com&password={RIGHT}"), String::new(), true),
    ] {
        let answer = form(&app, &format!("/session/login/{query}"), &body).await;
        assert_eq!(answer.status < 300, lets_in, "{query} {body}: {answer:?}");
        if lets_in {
            let details = app.request(Method::GET, "/session/user/details").bearer_auth(answer.text("/session_key"));
            assert_eq!(app.send(details).await.text("/login"), "ann", "{query} {body}");
        }
    }
}

/// I6, T000-7: hardened, whoever looked at a request on its way has seen the one value that counts.
#[tokio::test]
async fn t000_7_hardened_no_parameter_has_two_values_through_any_door() {
    let proxy = "[server]\npublic_url = \"https://id.example\"\ntrusted_proxies = [\"127.0.0.1/32\"]";
    let app = TestApp::with(&format!("profile = \"hardened\"\n{PATIENT}{proxy}")).await;
    app.user("ann", &[]).await;
    let tls = |method, path: &str| app.request(method, path).header("x-forwarded-proto", "https");
    let get = async |path: &str| app.send(tls(Method::GET, path)).await;
    let token = get("/api/session").await.text("/token");
    let other = if token.starts_with('0') { "1" } else { "0" }.to_owned() + &token[1..];
    let login = format!("email=ann@example.com&login=ann&password={RIGHT}");
    for (path, body) in [
        (&*format!("/api/session/authenticate?token={token}"), format!("{login}&token={other}")),
        (&*format!("/api/session/authenticate?token={token}"), format!("{login}&login=bob")),
        (&*format!("/api/session/authenticate?token={token}&login=bob"), login.clone()),
        ("/session/login/", format!("{login}&email=bob@example.com")),
        ("/session/login/?password=wrong", login.clone()),
        ("/session/register/", format!("{login}&name=ann&name=bob")),
    ] {
        let answer = app.send(tls(Method::POST, path).header("content-type", FORM).body(body.clone())).await;
        assert_eq!(answer.status, 400, "{path} {body}: {answer:?}");
    }
    let twice = get(&format!("/api/session?token={token}&token={other}")).await;
    assert_eq!((twice.status, twice.text("/code")), (400, "error.api.invalid_parameter".to_owned()));
    assert_eq!(get(&format!("/api/session?token={token}&token={token}")).await.text("/token"), token);
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 0);
}

/// I6: brackets, dots, case and blanks make another name, which nobody reads.
#[tokio::test]
async fn i6_no_other_spelling_of_a_parameters_name_is_that_parameter() {
    let app = service().await;
    for name in [
        "password[]",
        "password[0]",
        "password%5B%5D",
        "password.0",
        "Password",
        "PASSWORD",
        "+password",
        "password+",
        "password%00",
        "password;x",
        "password%E2%80%8B",
        "p%EF%BD%81ssword",
        "amp;password",
    ] {
        for path in ["/session/login/", "/api/session/authenticate"] {
            let token = app.get("/api/session").await.text("/token");
            let body = format!("token={token}&login=ann&email=ann@example.com&{name}={RIGHT}");
            let answer = form(&app, path, &body).await;
            assert!((400..500).contains(&answer.status), "{path} {name}: {answer:?}");
            let body = format!("{body}&password={RIGHT}");
            assert_eq!(form(&app, path, &body).await.status, 200, "{path} {name}");
        }
    }
    for name in ["token[]", "token[0]", "Token", "token%00", "+token"] {
        let token = app.get("/api/session").await.text("/token");
        let answer = app.get(&format!("/api/session?{name}={token}")).await;
        assert_ne!(answer.text("/token"), token, "{name} is not the token, and another session begins");
    }
}

/// I6, P12: an array is no list of values to be tried, wherever a text is wanted.
#[tokio::test]
async fn i6_an_array_is_no_value() {
    let app = service().await;
    let token = app.get("/api/session").await.text("/token");
    for field in ["email", "password", "session_key", "system"] {
        let mut body = serde_json::json!({ "email": "ann@example.com", "password": PASSWORD });
        body[field] = serde_json::json!([PASSWORD, "ann@example.com", token]);
        let answer = app.post_json("/session/login/", &body).await;
        assert!((400..500).contains(&answer.status), "{field}: {answer:?}");
    }
    for field in ["token", "login", "password", "method", "success", "error", "signout"] {
        let mut body = serde_json::json!({ "token": token, "login": "ann", "password": PASSWORD });
        body[field] = serde_json::json!(["ann", PASSWORD, token, "/in", "easydb"]);
        let answer = app.post_json("/api/session/authenticate", &body).await;
        assert_eq!(answer.status, 400, "{field}: {answer:?}");
    }
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 0);
}

/// T002-6: one header, one grammar; of two headers neither counts.
#[tokio::test]
async fn t002_6_of_two_api_tokens_neither_counts() {
    let app = service().await;
    let token = app.api_token("tests").await;
    let delete = async |lines: &[String]| {
        let path = "/api/sessions?form_name=reference_rest_api_delete_sessions";
        let request = app.request(Method::DELETE, path);
        app.send(lines.iter().fold(request, |request, line| request.header("authorization", line))).await.status
    };
    for good in [format!("Token token={token}"), format!("token token=\"{token}\""), format!("Bearer {token}")] {
        assert_eq!(delete(std::slice::from_ref(&good)).await, 204, "{good}");
        assert_eq!(delete(&[good.clone(), good.clone()]).await, 401, "{good} twice");
        assert_eq!(delete(&[good.clone(), "Token token=x".to_owned()]).await, 401, "{good} and another");
    }
    for bad in [
        format!("Token {token}"),
        format!("Token token={token},token={token}"),
        format!("Token token={token}, nonce=\"x\""),
        format!("Token token='{token}'"),
        format!("Token token=\"{token}"),
        format!("Token token={token}\""),
        format!("Token token =\"{token}\""),
        format!("Token token= {token}"),
        format!("Token nonce=x, token={token}"),
        format!("Token Token={token}"),
        format!("Token\ttoken={token}"),
        format!("Token token=[{token}]"),
        format!("Basic {token}"),
        format!("Bearer token={token}"),
        format!("Token token={token}{}", " ".repeat(600) + "x"),
        token.clone(),
    ] {
        assert_eq!(delete(std::slice::from_ref(&bad)).await, 401, "{bad}");
    }
}
