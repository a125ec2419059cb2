//! Spellings of the documented paths.

use reqwest::Method;
use serde_json::json;
use vestibule_tests::{PASSWORD, TestApp};

use super::{PATIENT, judged};

const ROUTES: [(&str, &str); 16] = [
    ("GET", "/api/session"),
    ("POST", "/api/session/authenticate"),
    ("POST", "/api/session"),
    ("POST", "/api/sessions"),
    ("DELETE", "/api/sessions"),
    ("GET", "/session/start/"),
    ("POST", "/session/login/"),
    ("GET", "/session/logout/"),
    ("POST", "/session/register/"),
    ("GET", "/session"),
    ("POST", "/session/login"),
    ("POST", "/session/login-with-token"),
    ("POST", "/session/logout"),
    ("GET", "/session/user"),
    ("POST", "/session/node/login"),
    ("GET", "/session/user/details"),
];

/// A request that would do something wherever its path leads: every parameter that any dialect reads, all of them right.
fn request(method: &str, target: &str, token: &str, api_token: &str, extra: &str) -> String {
    let body = json!({
        "token": token, "login": "ann", "email": "ann@example.com", "password": PASSWORD, "session_key": token,
        "form_name": "reference_rest_api_create_sessions", "form": { "email": "ann@example.com", "password": PASSWORD },
    });
    let (body, length) = (body.to_string(), body.to_string().len());
    format!(
        "{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n\
         content-length: {length}\r\nauthorization: Token token={api_token}\r\ncookie: JSESSIONID={token}\r\n\
         {extra}\r\n{body}"
    )
}

fn status(answer: &str) -> &str {
    answer.get(9..12).unwrap_or("none")
}

fn variant(template: &str, path: &str) -> String {
    let at = path[..path.len() - 1].rfind('/').unwrap();
    let (head, last) = (&path[..at], &path[at + 1..]);
    let upper = path.to_uppercase();
    let encoded = path[1..path.len() - 1].replace('/', "%2f");
    let encoded = format!("/{encoded}{}", &path[path.len() - 1..]);
    let parts = [("PATH", path), ("HEAD", head), ("LAST", last), ("UPPER", &upper), ("ENC", &encoded)];
    parts.iter().fold(template.to_owned(), |text, (name, value)| text.replace(name, value))
}

/// TX-1, I7: a path is its bytes. No other spelling reaches a handler, and none has an effect.
#[tokio::test]
async fn tx_1_no_other_spelling_of_a_path_is_that_path() {
    let app = TestApp::with(PATIENT).await;
    app.user("ann", &[]).await;
    let api_token = app.api_token("tests").await;
    let live = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    let live = live.cookie("JSESSIONID").unwrap();
    for (verdict, template) in judged("paths.txt") {
        for (method, path) in ROUTES {
            let target = variant(&template, path);
            if verdict == "ok" {
                // Without what is needed to do anything, the very answer of the path itself.
                let (plain, other) = (bare(&app, method, path).await, bare(&app, method, &target).await);
                assert_eq!(status(&other), status(&plain), "{method} {target}: {other}");
                continue;
            }
            // It has no inner slash to be encoded; or it is a path of its own, as in the original.
            if target == path || target == "/api/sessions.json" {
                continue;
            }
            let answer = app.raw(request(method, &target, &live, &api_token, "").as_bytes()).await;
            let refused = matches!(status(&answer), "404" | "405" | "400") || answer.is_empty();
            assert!(refused, "{method} {target}: {answer}");
            assert!(!answer.contains("\r\nset-cookie"), "{method} {target}: {answer}");
        }
    }
    assert_nothing_happened(&app, &live).await;
}

async fn bare(app: &TestApp, method: &str, target: &str) -> String {
    let request = format!("{method} {target} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 0\r\n\r\n");
    app.raw(request.as_bytes()).await
}

/// One session, which lives; one user.
async fn assert_nothing_happened(app: &TestApp, live: &str) {
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 1);
    assert_eq!(app.operator.users().await.unwrap().len(), 1);
    let user = app.send(app.request(Method::GET, "/session/user").bearer_auth(live)).await;
    assert_eq!(user.status, 200);
}

/// TX-1: with its slash it is dood's, without it vProtect's, whatever else the request says.
#[tokio::test]
async fn tx_1_two_paths_that_differ_by_a_slash_never_swap() {
    let app = TestApp::with(PATIENT).await;
    app.user("ann", &[]).await;
    for kind in ["application/json", "application/x-www-form-urlencoded", "text/plain", ""] {
        for accept in ["*/*", "application/json", "text/html"] {
            let post = async |path: &str| {
                let request = app.request(Method::POST, path).header("content-type", kind).header("accept", accept);
                app.send(request.body(r#"{"login":"ann","email":"ann@example.com"}"#)).await
            };
            for path in ["/session/login/", "/session/login/?x=/session/login", "/session/login/?"] {
                let code = post(path).await.json()["code"].clone();
                assert!(code.is_number(), "{path} {kind}: {code}");
            }
            for path in ["/session/login", "/session/login?x=/", "/session/logout", "/session/logout?/"] {
                let code = post(path).await.json()["code"].clone();
                assert!(code.is_string(), "{path} {kind}: {code}");
            }
        }
    }
}

/// TX-1, I3: only the request line says what is asked.
#[tokio::test]
async fn tx_1_no_header_or_parameter_overrides_method_or_path() {
    let app = TestApp::with(PATIENT).await;
    app.user("ann", &[]).await;
    let api_token = app.api_token("tests").await;
    let live = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    let live = live.cookie("JSESSIONID").unwrap();
    let mut overrides = Vec::new();
    for name in ["x-http-method-override", "x-http-method", "x-method-override"] {
        overrides.extend(["DELETE", "POST", "PUT"].map(|method| format!("{name}: {method}\r\n")));
    }
    for name in ["x-original-url", "x-rewrite-url", "x-forwarded-path", "x-forwarded-prefix", "x-forwarded-uri"] {
        overrides
            .extend(["/session/logout/", "/api/sessions", "/session/login"].map(|path| format!("{name}: {path}\r\n")));
    }
    for extra in overrides {
        for target in ["/session", "/session?_method=DELETE", "/session?_method=POST"] {
            let answer = app.raw(request("GET", target, &live, &api_token, &extra).as_bytes()).await;
            assert_eq!(status(&answer), "204", "{target} {extra}: {answer}");
        }
        let answer =
            app.raw(request("GET", "/api/sessions?_method=DELETE", &live, &api_token, &extra).as_bytes()).await;
        assert_eq!(status(&answer), "405", "{extra}: {answer}");
    }
    assert_nothing_happened(&app, &live).await;
}

/// I9: a method that a path does not have is refused with those it has, and does nothing.
#[tokio::test]
async fn i9_every_other_method_is_405_with_those_there_are() {
    let app = TestApp::with(PATIENT).await;
    app.user("ann", &[]).await;
    let api_token = app.api_token("tests").await;
    let live = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    let live = live.cookie("JSESSIONID").unwrap();
    for (_, path) in ROUTES {
        for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "GETX"] {
            if ROUTES.contains(&(method, path))
                || ["/session/login/", "/session/register/"].contains(&path) && method == "GET"
            {
                continue;
            }
            // HEAD asks what GET would answer where that changes nothing.
            if method == "HEAD" && ["/session", "/session/user", "/session/user/details"].contains(&path) {
                continue;
            }
            // dood's paths are known without the slash too, where nobody else has the method.
            if method == "GET" && ["/session/login", "/session/logout"].contains(&path) {
                continue;
            }
            let answer = app.raw(request(method, path, &live, &api_token, "").as_bytes()).await;
            assert_eq!(status(&answer), "405", "{method} {path}: {answer}");
            let allow = answer.lines().find_map(|line| line.strip_prefix("allow: ")).unwrap();
            for (own, _) in ROUTES.iter().filter(|(_, other)| *other == path) {
                assert!(allow.split(", ").any(|one| one == *own), "{path} does not say {own}: {allow}");
            }
            assert!(!allow.split(", ").any(|one| one == method), "{method} {path}: {allow}");
        }
    }
    assert_nothing_happened(&app, &live).await;
}
