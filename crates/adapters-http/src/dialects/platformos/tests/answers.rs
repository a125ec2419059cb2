//! What every outcome and every refusal looks like.

use std::sync::Arc;

use rstest::rstest;
use vestibule_application::{
    use_cases::{end_session_by_form, log_in_by_form},
    view::Principal,
};
use vestibule_domain::form::{Violation, Violations};

use super::*;
use crate::{
    dialect::{Dialect, Edition, Refusal, Site},
    testing::{REQUEST_ID, alice, away, begun, corrupt, hardened},
};

const RETRY: Duration = Duration::from_millis(1500);
const UNAVAILABLE: &str = "the service is not available";

fn deployed(api: MockSessionApi) -> Platformos {
    at(Context { edition: Edition::Deployed, ..context(api) })
}

fn strict(api: MockSessionApi) -> Platformos {
    at(hardened(api))
}

fn willing() -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_log_in_by_form().returning(|_| Ok(begun("platformos", Principal::User(Arc::new(alice())))));
    api.expect_end_session_by_form().returning(|_| Ok(()));
    api
}

#[rstest]
#[case(dialect)]
#[case(deployed)]
#[case(strict)]
#[tokio::test]
async fn a_session_is_created_into_the_cookie_and_deleted_out_of_it(
    #[case] speaks: fn(MockSessionApi) -> Platformos,
    #[values("/api/sessions", "/api/sessions.json")] path: &str,
) {
    let created = with_token(Ask::post(path).json(LOGIN)).of(speaks(willing())).await;
    assert_eq!(
        created.text(),
        format!(
            "201\ncontent-type: application/vnd.api+json\nset-cookie: _pos_session={TOKEN}; Path=/; \
             Max-Age=2592000; HttpOnly; SameSite=Lax; Secure\n\n{{}}"
        )
    );
    let deleted = with_token(delete(path).json(LOGOUT)).of(speaks(willing())).await;
    assert_eq!(deleted.text(), "204\nset-cookie: _pos_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure");
}

#[tokio::test]
async fn the_cookie_covers_the_mount_and_is_secure_only_on_an_https_site() {
    let site = std::sync::Arc::new(Site { public_url: "http://localhost:8080/".parse().unwrap(), is_fixed: false });
    let dialect = at(Context { prefix: "/shop".to_owned(), site, ..context(willing()) });
    let answer = with_token(Ask::post("/shop/api/sessions").json(LOGIN)).at("/shop", dialect).await;
    let cookie = format!("_pos_session={TOKEN}; Path=/shop; Max-Age=2592000; HttpOnly; SameSite=Lax");
    assert_eq!(answer.header("set-cookie"), cookie);
}

async fn login(error: log_in_by_form::Error) -> String {
    let mut api = MockSessionApi::new();
    api.expect_log_in_by_form().times(1).return_once(move |_| Err(error));
    with_token(Ask::post("/api/sessions").json(LOGIN)).of(dialect(api)).await.text()
}

async fn logout(error: end_session_by_form::Error) -> String {
    let mut api = MockSessionApi::new();
    api.expect_end_session_by_form().times(1).return_once(move |_| Err(error));
    with_token(delete("/api/sessions").json(LOGOUT)).of(dialect(api)).await.text()
}

#[tokio::test]
async fn a_program_that_is_not_known_is_401_and_a_form_that_is_not_406() {
    let unknown_client = told(401, "base", "the API token is missing or not accepted");
    assert_eq!(login(log_in_by_form::Error::UnknownClient).await, unknown_client);
    assert_eq!(logout(end_session_by_form::Error::UnknownClient).await, unknown_client);
    let unusable_form = told(406, "base", "no form configuration of that name takes this request");
    assert_eq!(login(log_in_by_form::Error::UnusableForm).await, unusable_form);
    assert_eq!(logout(end_session_by_form::Error::UnusableForm).await, unusable_form);
}

#[tokio::test]
async fn credentials_that_let_nobody_in_have_one_answer() {
    let one = told(422, "password", "Invalid email or password");
    for error in [
        log_in_by_form::Error::UnknownLogin,
        log_in_by_form::Error::WrongPassword,
        log_in_by_form::Error::Disabled,
        log_in_by_form::Error::NotAdmitted,
    ] {
        assert_eq!(login(error).await, one);
    }
}

#[tokio::test]
async fn values_that_break_validations_are_told_by_field() {
    let violations = Violations::from([
        ("password".to_owned(), vec![Violation::TooShort(8), Violation::Invalid]),
        ("email".to_owned(), vec![Violation::Blank]),
        ("code \"x\"".to_owned(), vec![Violation::TooLong(4)]),
    ]);
    assert_eq!(
        login(log_in_by_form::Error::Invalid(violations)).await,
        r#"422
content-type: application/vnd.api+json

{"errors":{"code \"x\"":["is too long (maximum is 4 characters)"],"email":["can't be blank"],"password":["is too short (minimum is 8 characters)","is invalid"]}}"#
    );
    let email = Violations::from([("email".to_owned(), vec![Violation::Invalid])]);
    assert_eq!(login(log_in_by_form::Error::Invalid(email)).await, told(422, "email", "is invalid"));
}

#[tokio::test]
async fn what_was_not_decided_says_when_to_try_again() {
    let throttled = log_in_by_form::Error::Throttled { retry_after: RETRY };
    assert_eq!(login(throttled).await, later(429, "too many attempts", 2));
    let overloaded = log_in_by_form::Error::Overloaded { retry_after: RETRY };
    assert_eq!(login(overloaded).await, later(503, UNAVAILABLE, 2));
    assert_eq!(login(log_in_by_form::Error::Store(away())).await, later(503, UNAVAILABLE, 2));
    assert_eq!(logout(end_session_by_form::Error::Store(away())).await, later(503, UNAVAILABLE, 2));
    let broken = told(500, "base", &format!("something went wrong here; the log knows more of request {REQUEST_ID}"));
    assert_eq!(login(log_in_by_form::Error::Store(corrupt())).await, broken);
    assert_eq!(logout(end_session_by_form::Error::Store(corrupt())).await, broken);
}

#[tokio::test]
async fn an_answer_that_may_not_be_json_is_not_given() {
    for (accept, lets) in [
        ("application/json", true),
        ("application/vnd.api+json", true),
        ("*/*", true),
        ("text/html, application/*;q=0.1", true),
        ("text/html", false),
        ("application/xml", false),
        ("application/json;q=0, application/vnd.api+json;q=0, */*", false),
    ] {
        for ask in [Ask::post("/api/sessions").json(LOGIN), delete("/api/sessions").json(LOGOUT)] {
            let api = if lets { willing() } else { MockSessionApi::new() };
            let answer = with_token(ask).header("accept", accept).of(dialect(api)).await;
            if lets {
                assert!(answer.status.is_success(), "{accept}");
            } else {
                assert_eq!(answer.text(), told(406, "base", "the answer can only be JSON"), "{accept}");
            }
        }
    }
}

#[tokio::test]
async fn api_tokens_are_taken_where_nobody_reads_them_on_the_way() {
    let asks = || [Ask::post("/api/sessions").json(LOGIN), delete("/api/sessions").json(LOGOUT)].map(with_token);
    for ask in asks() {
        let answer = ask.remote().of(dialect(MockSessionApi::new())).await;
        assert_eq!(answer.text(), told(403, "base", "API tokens are taken over HTTPS only"));
    }
    for ask in asks() {
        assert!(ask.over_tls().of(dialect(willing())).await.status.is_success());
    }
}

#[tokio::test]
async fn what_no_route_answers_is_told_as_an_error() {
    let ask = async |ask: Ask| ask.of(dialect(MockSessionApi::new())).await;
    assert_eq!(ask(Ask::post("/api/sessions/")).await.text(), told(404, "base", "there is nothing at this path"));
    for method in ["GET", "HEAD", "PUT"] {
        let answer = ask(Ask::new(method, "/api/sessions")).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "DELETE, POST"));
    }
    let large = ask(Ask::post("/api/sessions").json(&" ".repeat(64 * 1024 + 1))).await;
    assert_eq!(large.text(), told(413, "base", "the body is too large"));
}

#[tokio::test]
async fn every_refusal_has_a_status() {
    for (refusal, status, retry) in [
        (Refusal::NotFound, 404, false),
        (Refusal::MethodNotAllowed, 405, false),
        (Refusal::BodyTooLarge, 413, false),
        (Refusal::Malformed("why"), 406, false),
        (Refusal::TimedOut, 408, false),
        (Refusal::Unavailable { retry_after: Duration::ZERO }, 503, true),
        (Refusal::Internal { request_id: "7".to_owned() }, 500, false),
    ] {
        let response = dialect(MockSessionApi::new()).refuse(refusal);
        assert_eq!(response.status(), status);
        assert_eq!(response.headers().contains_key("retry-after"), retry);
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert!(body["errors"]["base"][0].is_string());
    }
}
