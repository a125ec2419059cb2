use std::{sync::Arc, time::Duration};

use rstest::rstest;
use vestibule_application::{
    api::MockAccountApi,
    policies::password::TooSimple,
    use_cases::{change_password, reset_password},
};

use super::Account;
use crate::{
    dialect::Site,
    testing::{Answer, Ask, REQUEST_ID, TOKEN, away, corrupt},
};

const CHANGE: &str = r#"{"login":"Alice","password":" old one ","new_password":"n\u0000w one"}"#;
const RETRY: Duration = Duration::from_millis(2500);

fn reset_body(token: &str) -> String {
    format!(r#"{{"token":"{token}","new_password":"new one"}}"#)
}

fn account(api: MockAccountApi) -> Account {
    Account::new(Arc::new(api), Arc::new(Site { public_url: "https://id.test/".parse().unwrap(), is_fixed: false }))
}

fn changing(
    answer: impl Fn(change_password::Command) -> Result<(), change_password::Error> + Send + 'static,
) -> Account {
    let mut api = MockAccountApi::new();
    api.expect_change_password().times(1).returning(answer);
    account(api)
}

fn resetting(
    answer: impl Fn(reset_password::Command) -> Result<(), reset_password::Error> + Send + 'static,
) -> Account {
    let mut api = MockAccountApi::new();
    api.expect_reset_password().times(1).returning(answer);
    account(api)
}

/// What is answered without any use case being asked.
async fn refused(ask: Ask) -> Answer {
    ask.at(Account::PREFIX, account(MockAccountApi::new())).await
}

fn problem(status: u16, code: &str, detail: &str) -> String {
    let title = http::StatusCode::from_u16(status).unwrap().canonical_reason().unwrap();
    let body =
        format!(r#"{{"type":"about:blank","title":"{title}","status":{status},"detail":"{detail}","code":"{code}"}}"#);
    let retry = if matches!(status, 429 | 503) { "retry-after: 3\n" } else { "" };
    format!("{status}\ncontent-type: application/problem+json\n{retry}\n{body}")
}

fn change() -> Ask {
    Ask::post("/account/password").json(CHANGE)
}

fn reset() -> Ask {
    Ask::post("/account/reset").json(&reset_body(TOKEN))
}

#[tokio::test]
async fn a_changed_password_is_204_and_every_byte_of_both_was_read() {
    let account = changing(|command| {
        assert_eq!((command.login.as_str(), command.password.expose()), ("alice", " old one "));
        assert_eq!(command.new_password.expose(), "n\0w one");
        assert_eq!((command.caller.origin.as_str(), command.caller.address.is_loopback()), ("account", true));
        Ok(())
    });
    assert_eq!(change().at(Account::PREFIX, account).await.text(), "204");
}

#[tokio::test]
async fn a_reset_password_is_204_and_nobody_is_logged_in() {
    let account = resetting(|command| {
        assert_eq!(command.token.unwrap().expose(), TOKEN);
        assert_eq!(command.new_password.expose(), "new one");
        Ok(())
    });
    assert_eq!(reset().at(Account::PREFIX, account).await.text(), "204");
}

#[tokio::test]
async fn a_token_that_has_not_the_form_of_one_is_asked_about_all_the_same() {
    let account = resetting(|command| {
        assert!(command.token.is_none());
        Err(reset_password::Error::UnknownToken)
    });
    let answer = Ask::post("/account/reset").json(&reset_body("nonsense")).at(Account::PREFIX, account).await;
    assert_eq!(answer.text(), problem(403, "unknown_token", "the token is unknown, spent or expired"));
}

const SHORT: &str = "the password must have at least 6 characters";
const WRONG: &str = "no user has this login and password";
const LATER: &str = "too many failed attempts; try again later";
const AWAY: &str = "the service cannot answer now; try again later";

#[rstest]
#[case(|| change_password::Error::UnknownLogin, problem(403, "wrong_credentials", WRONG))]
#[case(|| change_password::Error::WrongPassword, problem(403, "wrong_credentials", WRONG))]
#[case(|| change_password::Error::Disabled, problem(403, "wrong_credentials", WRONG))]
#[case(|| TooSimple::Short(6).into(), problem(422, "password_too_short", SHORT))]
#[case(|| TooSimple::Guessable.into(), problem(422, "password_too_guessable", &TooSimple::Guessable.to_string()))]
#[case(|| change_password::Error::Throttled { retry_after: RETRY }, problem(429, "too_many_attempts", LATER))]
#[case(|| change_password::Error::Overloaded { retry_after: RETRY }, problem(503, "unavailable", AWAY))]
#[case(|| away().into(), problem(503, "unavailable", AWAY).replace("retry-after: 3", "retry-after: 2"))]
#[case(|| corrupt().into(), problem(500, "internal_error", &format!("something went wrong here; the log has it under {REQUEST_ID}")))]
#[tokio::test]
async fn every_error_of_a_change_has_its_answer(#[case] error: fn() -> change_password::Error, #[case] answer: String) {
    assert_eq!(change().at(Account::PREFIX, changing(move |_| Err(error()))).await.text(), answer);
}

#[rstest]
#[case(|| TooSimple::Short(6).into(), problem(422, "password_too_short", SHORT))]
#[case(|| TooSimple::Guessable.into(), problem(422, "password_too_guessable", &TooSimple::Guessable.to_string()))]
#[case(|| reset_password::Error::Throttled { retry_after: RETRY }, problem(429, "too_many_attempts", LATER))]
#[case(|| reset_password::Error::Overloaded { retry_after: RETRY }, problem(503, "unavailable", AWAY))]
#[case(|| away().into(), problem(503, "unavailable", AWAY).replace("retry-after: 3", "retry-after: 2"))]
#[tokio::test]
async fn every_error_of_a_reset_has_its_answer(#[case] error: fn() -> reset_password::Error, #[case] answer: String) {
    assert_eq!(reset().at(Account::PREFIX, resetting(move |_| Err(error()))).await.text(), answer);
}

#[rstest]
#[case("")]
#[case("[]")]
#[case(r#"{"login":"alice","password":"old"}"#)]
#[case(r#"{"login":"alice","password":"old","new_password":1}"#)]
#[case(r#"{"login":["alice"],"password":"old","new_password":"new one"}"#)]
#[case(r#"{"login":"alice","login":"bob","password":"old","new_password":"new one"}"#)]
#[case(r#"{"login":"alice","password":"old","new_password":"new one","token":"x"}"#)]
#[tokio::test]
async fn a_body_that_is_not_exactly_these_texts_is_refused(#[case] body: &str) {
    let answer = refused(Ask::post("/account/password").json(body)).await;
    let detail =
        "the body must be a JSON object of the texts login, password and new_password, each once, and nothing else";
    assert_eq!(answer.text(), problem(400, "malformed_request", detail));
}

#[tokio::test]
async fn a_password_that_nobody_can_have_is_a_wrong_one_and_one_that_cannot_be_is_said_so() {
    let body = |login: &str, old: usize, new: usize| {
        let (old, new) = ("o".repeat(old), "n".repeat(new));
        format!(r#"{{"login":"{login}","password":"{old}","new_password":"{new}"}}"#)
    };
    let post = |body: String| refused(Ask::post("/account/password").json(&body));
    for wrong in [body("alice", 1025, 8), body("alice", 0, 8), body("", 3, 8), body("a\\u0000", 3, 8)] {
        assert_eq!(post(wrong).await.text(), problem(403, "wrong_credentials", WRONG));
    }
    let too_long = problem(422, "password_too_long", "the password must have at most 1024 bytes");
    assert_eq!(post(body("alice", 3, 1025)).await.text(), too_long);
    let empty = problem(422, "password_too_short", "the password must not be empty");
    assert_eq!(post(body("alice", 3, 0)).await.text(), empty);
}

#[tokio::test]
async fn pages_from_elsewhere_and_what_they_could_post_unasked_are_refused() {
    for (name, value) in [("origin", "https://evil.test"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        for ask in [change(), reset()] {
            let answer = refused(ask.header(name, value)).await;
            assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &"cross_site".into()));
        }
    }
    let own = change().header("origin", "https://id.test").header("sec-fetch-site", "same-origin");
    assert_eq!(own.at(Account::PREFIX, changing(|_| Ok(()))).await.status, 204);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "nonsense"] {
        assert_eq!(refused(Ask::post("/account/password").body(kind, CHANGE)).await.status, 415, "{kind}");
        assert_eq!(refused(Ask::post("/account/reset").body(kind, reset_body(TOKEN))).await.status, 415, "{kind}");
    }
}

#[tokio::test]
async fn passwords_from_elsewhere_are_taken_over_tls_only() {
    for ask in [change(), reset()] {
        let answer = refused(ask.remote()).await;
        assert_eq!((answer.status.as_u16(), &answer.json()["code"]), (403, &"insecure_transport".into()));
    }
    assert_eq!(change().over_tls().at(Account::PREFIX, changing(|_| Ok(()))).await.status, 204);
}

#[tokio::test]
async fn wrong_methods_and_paths_are_problems_too() {
    for method in ["GET", "HEAD", "PUT"] {
        let answer = refused(Ask::new(method, "/account/password")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
    let answer = refused(Ask::post("/account/password/")).await;
    assert_eq!(answer.text(), problem(404, "not_found", "there is nothing at this path"));
    let answer = refused(Ask::post("/account/password").json(&" ".repeat(64 * 1024 + 1))).await;
    assert_eq!(answer.text(), problem(413, "body_too_large", "the body is too large"));
}
