//! What becomes of bodies, cookies and headers.

use std::sync::mpsc::channel;

use proptest::prelude::*;
use rstest::rstest;
use vestibule_application::{
    api::Current,
    use_cases::{log_in, log_in_with_token},
};
use vestibule_domain::{node::NodeRef, secret::OpaqueToken, session::Bearer, user::Login};

use super::*;
use crate::testing::{OTHER, begun, view};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";

/// What the use cases were asked, and the answer.
struct Asked {
    log_in: Option<log_in::Command>,
    with_token: Option<log_in_with_token::Command>,
    /// The session that was to be ended or described.
    bearer: Option<Bearer>,
    answer: String,
}

async fn asked(ask: Ask) -> Asked {
    let mut api = MockSessionApi::new();
    let (send, log_in) = channel();
    api.expect_log_in().returning(move |command| {
        send.send(command).unwrap();
        Ok(begun("vprotect", user()))
    });
    let (send, with_token) = channel();
    api.expect_log_in_with_token().returning(move |command| {
        send.send(command).unwrap();
        Ok(begun("vprotect", user()))
    });
    let (send, bearer) = channel();
    let send_too = send.clone();
    api.expect_end_session().returning(move |command| {
        send_too.send(command.bearer).unwrap();
        Ok(())
    });
    let send_too = send.clone();
    api.expect_describe_session().returning(move |command| {
        send_too.send(command.bearer).unwrap();
        Ok(view("vprotect", user()))
    });
    api.expect_describe_user().returning(move |command| {
        send.send(command.bearer).unwrap();
        Ok(alice())
    });
    let answer = ask.of(documented(api)).await.text();
    let (log_in, with_token) = (log_in.try_recv().ok(), with_token.try_recv().ok());
    Asked { log_in, with_token, bearer: bearer.try_recv().ok(), answer }
}

fn replaced(current: &Current) -> Option<&str> {
    match current {
        Current::None => None,
        Current::Replace(bearer) => Some(bearer.expose()),
        Current::Upgrade { .. } => panic!("no session is kept over a login"),
    }
}

#[tokio::test]
async fn a_user_logs_in_by_name_and_password() {
    let body = r#" {"login":" Alice ","password":" p\u0142 ","role":"admin","deep":{"x":[1]}}"#;
    let command = asked(Ask::post("/session/login").json(body).header("user-agent", FIREFOX)).await.log_in.unwrap();
    let Login::Name(key) = command.login else { panic!("a name is looked for") };
    assert_eq!((key.as_str(), command.password.expose()), ("alice", " pł "));
    assert_eq!(command.device.as_str(), "Firefox on Linux");
    assert_eq!(
        (command.caller.origin.as_str(), command.caller.address.to_string().as_str()),
        ("vprotect", "127.0.0.1")
    );
    assert!(command.needs.is_none() && !command.signed && matches!(command.current, Current::None));
}

#[tokio::test]
async fn a_node_logs_in_by_guid_or_else_by_name() {
    let named = |login| match login {
        Login::Node(NodeRef::Id(id)) => id.to_string(),
        Login::Node(NodeRef::Name(name)) => name.as_str().to_owned(),
        Login::Email(_) | Login::Name(_) | Login::Any(_) => panic!("a node is looked for"),
    };
    for (body, node) in [
        (format!(r#"{{"guid":"{GUID}","secret":"s"}}"#), GUID),
        (format!(r#"{{"guid":"{GUID}","name":"node-1","secret":"s"}}"#), GUID),
        (r#"{"name":"node-1","secret":"s"}"#.to_owned(), "node-1"),
        (r#"{"guid":null,"name":"node-1","secret":"s"}"#.to_owned(), "node-1"),
    ] {
        let command = asked(Ask::post("/session/node/login").json(&body)).await.log_in.unwrap();
        assert_eq!(command.password.expose(), "s");
        assert_eq!(named(command.login), node, "{body}");
    }
}

#[tokio::test]
async fn a_login_token_that_has_not_the_form_of_one_is_asked_about_all_the_same() {
    for (token, read) in [(TOKEN, Some(TOKEN)), ("nonsense", None), ("", None), ("a.b.c", None)] {
        let body = format!(r#"{{"token":"{token}"}}"#);
        let ask = Ask::post("/session/login-with-token").json(&body).header("user-agent", FIREFOX);
        let command = asked(ask).await.with_token.unwrap();
        assert_eq!(command.token.as_ref().map(OpaqueToken::expose), read);
        assert_eq!(command.device.as_str(), "Firefox on Linux");
    }
}

#[rstest]
#[case("/session/login", r#"{"password":"x"}"#, "the field login is missing")]
#[case("/session/login", r#"{"login":null,"password":"x"}"#, "the field login is missing")]
#[case("/session/login", r#"{"login":"a"}"#, "the field password is missing")]
#[case("/session/login", "{}", "the field login is missing")]
#[case("/session/node/login", r#"{"secret":"x"}"#, "the field guid is missing")]
#[case("/session/node/login", r#"{"name":"n"}"#, "the field secret is missing")]
#[case("/session/node/login", r#"{"guid":"nonsense"}"#, "the field secret is missing")]
#[case("/session/login-with-token", "{}", "the field token is missing")]
#[case("/session/login", r#"{"login":"a","password":918273}"#, "a field has the wrong type or is given twice")]
#[case("/session/login", r#"{"login":["a"],"password":"x"}"#, "a field has the wrong type or is given twice")]
#[case(
    "/session/login",
    r#"{"login":"a","password":"x","password":"y"}"#,
    "a field has the wrong type or is given twice"
)]
#[case("/session/login", r#"["alice","secret"]"#, "the body is not a JSON object")]
#[case("/session/login", "", "the body is not a JSON object")]
#[case("/session/login", "...", "the body is not a JSON object")]
#[case("/session/login", r#"{"login":"a","#, "the body is not valid JSON")]
#[case("/session/login", r#"{"login":"\ud800","password":"x"}"#, "the body is not valid JSON")]
#[tokio::test]
async fn a_body_that_says_too_little_is_refused_unasked(#[case] path: &str, #[case] body: &str, #[case] message: &str) {
    let asked = asked(Ask::post(path).json(body)).await;
    assert_eq!(asked.answer, told(400, "malformed_request", message));
    assert!(asked.log_in.is_none() && asked.with_token.is_none());
}

/// How a request presents sessions, and which of them counts.
const PRESENTED: [(&str, &str, Option<&str>); 10] = [
    ("", "", None),
    ("", "JSESSIONID=c473472d-c085-4043-9bf0-ee80bff73d40", Some(TOKEN)),
    ("", "x=y; JSESSIONID=\"a.b.c\"; JSESSIONID=d.e.f", Some("a.b.c")),
    ("", "jsessionid=a.b.c", None),
    ("", "JSESSIONID=nonsense", None),
    ("Bearer a.b.c", "", Some("a.b.c")),
    ("bearer 0f0e0d0c-0b0a-0908-0706-050403020100", "JSESSIONID=a.b.c", Some(OTHER)),
    ("Bearer nonsense", "JSESSIONID=a.b.c", None),
    ("Bearer ", "JSESSIONID=a.b.c", Some("a.b.c")),
    ("Basic a.b.c", "JSESSIONID=d.e.f", Some("d.e.f")),
];

fn presenting(ask: Ask, authorization: &str, cookie: &str) -> Ask {
    let ask = if authorization.is_empty() { ask } else { ask.header("authorization", authorization) };
    if cookie.is_empty() { ask } else { ask.header("cookie", cookie) }
}

#[tokio::test]
async fn a_session_is_presented_as_a_bearer_or_else_in_the_cookie() {
    for (authorization, cookie, expected) in PRESENTED {
        for (method, path) in [
            ("POST", "/session/logout"),
            ("GET", "/session/user"),
            ("GET", "/session/user/details"),
            ("HEAD", "/session/user"),
            ("HEAD", "/session/user/details"),
        ] {
            let asked = asked(presenting(Ask::new(method, path), authorization, cookie)).await;
            assert_eq!(asked.bearer.as_ref().map(Bearer::expose), expected, "{method} {path} {authorization} {cookie}");
            assert_eq!(asked.answer.starts_with("401"), expected.is_none());
        }
    }
}

#[tokio::test]
async fn a_login_replaces_the_session_it_came_with() {
    for (authorization, cookie, expected) in PRESENTED {
        let login = asked(presenting(Ask::post("/session/login").json(LOGIN), authorization, cookie)).await;
        assert_eq!(replaced(&login.log_in.unwrap().current), expected, "{authorization} {cookie}");
        let with_token = Ask::post("/session/login-with-token").json(r#"{"token":"x"}"#);
        let with_token = asked(presenting(with_token, authorization, cookie)).await;
        assert_eq!(replaced(&with_token.with_token.unwrap().current), expected, "{authorization} {cookie}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_body_breaks_it_and_none_is_echoed(head in "\\PC{0,30}", tail in proptest::collection::vec(any::<u8>(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let body = [format!("{{\"login\":\"{head}\",\"password\":\"Qx9canary").as_bytes(), &tail].concat();
        let answer = runtime.block_on(asked(Ask::post("/session/login").body("application/json", body))).answer;
        prop_assert!(!answer.starts_with('5') && !answer.contains("Qx9canary"), "{}", answer);
    }
}
