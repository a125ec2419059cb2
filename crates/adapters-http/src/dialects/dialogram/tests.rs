use std::{sync::Arc, time::Duration};

use rstest::rstest;
use vestibule_application::{
    api::{Current, MockSessionApi},
    use_cases::log_in::{Command, Error, Outcome},
    view::{Begun, Principal},
};
use vestibule_domain::{
    rights::RoleName,
    user::{Login, LoginKey},
};

use super::Dialogram;
use crate::testing::{Answer, Ask, REQUEST_ID, alice, away, begun, context, corrupt, hardened};

const PATH: &str = "/api/session";
/// The body of the page's first sample, byte for byte.
const SAMPLE: &str = "{\n      \"email\" : \"usermail@domain.com\",\n      \"password\" : \"password1234\",\n}";

fn logging_in(answer: impl Fn(Command) -> Result<Outcome, Error> + Send + 'static) -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_log_in().times(1).returning(answer);
    api
}

fn alices() -> Begun {
    begun("dialogram", Principal::User(Arc::new(alice())))
}

async fn post(body: &str, answer: impl Fn(Command) -> Result<Outcome, Error> + Send + 'static) -> Answer {
    Ask::post(PATH).json(body).of(Dialogram::new(context(logging_in(answer)))).await
}

/// What is answered without any use case being asked.
async fn refused(ask: Ask) -> String {
    ask.of(Dialogram::new(context(MockSessionApi::new()))).await.text()
}

fn errors(status: u16, code: &str, title: &str) -> String {
    format!(
        "{status}\ncontent-type: application/json\n\n{{\"errors\":[{{\"status\":\"{status}\",\"code\":\"{code}\",\"title\":\"{title}\"}}]}}"
    )
}

#[tokio::test]
async fn the_sample_of_the_page_begins_a_session_with_a_signed_token() {
    let answer = post(SAMPLE, |command| {
        assert_eq!(command.login, Login::Email(LoginKey::parse("usermail@domain.com").unwrap()));
        assert_eq!(command.password.expose(), "password1234");
        assert_eq!((command.device.as_str(), command.signed, command.needs), ("Unknown", true, None));
        assert!(matches!(command.current, Current::None));
        assert_eq!((command.caller.origin.as_str(), command.caller.address.is_loopback()), ("dialogram", true));
        Ok(alices())
    });
    insta::assert_snapshot!(answer.await.text(), @r#"
    200
    content-type: application/json

    {"data":[{"type":"session","id":"00000000-0000-0000-0000-000000005e55","token":"head.claims.signature","deviceName":"Unknown"}],"includes":[]}
    "#);
}

/// T001-3.
#[tokio::test]
async fn unknown_fields_are_ignored_whatever_they_hold() {
    let body = r#"{"nickName":"NewUser","x":[{"y":1},],"email":"a@b.c","password":"p"}"#;
    assert_eq!(post(body, |_| Ok(alices())).await.status, 200);
}

#[tokio::test]
async fn only_who_insists_on_a_back_office_session_needs_the_role() {
    for (field, needs) in [("true", Some(RoleName::admin())), ("false", None), ("null", None)] {
        let body = format!(r#"{{"email":"a@b.c","password":"p","backoffice":{field}}}"#);
        let answer = post(&body, move |command| {
            assert_eq!(command.needs, needs);
            Ok(alices())
        });
        assert_eq!(answer.await.status, 200);
    }
}

#[tokio::test]
async fn the_device_is_the_one_that_is_given_or_else_the_agents() {
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    for (field, device) in [(r#","deviceName":" My phone ""#, "My phone"), ("", "Firefox on Linux")] {
        let api = logging_in(move |command| {
            assert_eq!(command.device.as_str(), device);
            Ok(alices())
        });
        let body = format!(r#"{{"email":"a@b.c","password":"p"{field}}}"#);
        let ask = Ask::post(PATH).header("user-agent", firefox).json(&body);
        assert_eq!(ask.of(Dialogram::new(context(api))).await.status, 200);
    }
}

#[tokio::test]
async fn the_token_of_a_session_that_the_caller_has_is_not_read() {
    let api = logging_in(|command| {
        assert!(matches!(command.current, Current::None));
        Ok(alices())
    });
    let ask = Ask::post(PATH).header("authorization", "Bearer a.b.c").json(SAMPLE);
    assert_eq!(ask.of(Dialogram::new(context(api))).await.status, 200);
}

const RETRY: Duration = Duration::from_millis(2500);

#[rstest]
#[case(|| Error::UnknownLogin, errors(401, "invalid_credentials", "no user has this e-mail address and password"))]
#[case(|| Error::WrongPassword, errors(401, "invalid_credentials", "no user has this e-mail address and password"))]
#[case(|| Error::Disabled, errors(401, "invalid_credentials", "no user has this e-mail address and password"))]
#[case(|| Error::LacksRole, errors(403, "admin_role_required", "a back-office session needs the admin role"))]
#[case(|| Error::Throttled { retry_after: RETRY }, errors(429, "too_many_attempts", "too many failed attempts; try again later")
    .replace("\n\n", "\nretry-after: 3\n\n"))]
#[case(|| Error::Overloaded { retry_after: RETRY }, errors(503, "unavailable", "the service cannot answer now; try again later")
    .replace("\n\n", "\nretry-after: 3\n\n"))]
#[case(|| Error::Store(away()), errors(503, "unavailable", "the service cannot answer now; try again later")
    .replace("\n\n", "\nretry-after: 2\n\n"))]
#[case(|| Error::Store(corrupt()), errors(500, "internal_error", &format!("something went wrong here; the log has it under {REQUEST_ID}")))]
#[tokio::test]
async fn every_error_has_its_answer(#[case] error: fn() -> Error, #[case] answer: String) {
    assert_eq!(post(SAMPLE, move |_| Err(error())).await.text(), answer);
}

#[tokio::test]
async fn a_session_without_its_signed_token_is_a_defect() {
    let answer = post(SAMPLE, |_| Ok(Begun { signed: None, ..alices() })).await;
    assert_eq!((answer.status.as_u16(), answer.body.contains(REQUEST_ID)), (500, true));
}

#[rstest]
#[case(r#"{"email":1,"password":"p"}"#, 400, "malformed_request", "email must be a string")]
#[case(r#"{"email":"a@b.c","password":["p"]}"#, 400, "malformed_request", "password must be a string")]
#[case(r#"{"email":"a@b.c","password":"p","deviceName":{}}"#, 400, "malformed_request", "deviceName must be a string")]
#[case(
    r#"{"email":"a@b.c","password":"p","backoffice":"true"}"#,
    400,
    "malformed_request",
    "backoffice must be true or false"
)]
#[case(
    r#"{"email":"a@b.c","password":"p","backoffice":1}"#,
    400,
    "malformed_request",
    "backoffice must be true or false"
)]
#[case(r#"{"password":"p"}"#, 422, "missing_field", "email must be given")]
#[case(r#"{"email":null,"password":"p"}"#, 422, "missing_field", "email must be given")]
#[case(r#"{"email":"  ","password":"p"}"#, 422, "missing_field", "email must be given")]
#[case(r#"{"email":"a\u0000@b.c","password":"p"}"#, 422, "invalid_field", "email has an invalid form")]
#[case(r#"{"email":"a@b.c"}"#, 422, "missing_field", "password must be given")]
#[case(r#"{"email":"a@b.c","password":""}"#, 422, "missing_field", "password must be given")]
#[case(r#"{"email":"a@b.c","password":"p","deviceName":""}"#, 422, "invalid_field", "deviceName has an invalid form")]
#[case("", 400, "malformed_request", "the body must be a JSON object with each name once")]
#[case("{", 400, "malformed_request", "the body must be a JSON object with each name once")]
#[case(
    r#"{"email":"a@b.c","email":"a@b.c","password":"p"}"#,
    400,
    "malformed_request",
    "the body must be a JSON object with each name once"
)]
#[tokio::test]
async fn a_body_that_cannot_be_read_names_what_is_wrong_with_it(
    #[case] body: &str,
    #[case] status: u16,
    #[case] code: &str,
    #[case] title: &str,
) {
    assert_eq!(refused(Ask::post(PATH).json(body)).await, errors(status, code, title));
}

#[tokio::test]
async fn lengths_are_told_at_their_limits() {
    let body = |email: usize, password: usize, device: usize| {
        let (email, password, device) = ("e".repeat(email), "p".repeat(password), "d".repeat(device));
        format!(r#"{{"email":"{email}","password":"{password}","deviceName":"{device}"}}"#)
    };
    assert_eq!(post(&body(320, 1024, 100), |_| Ok(alices())).await.status, 200);
    assert!(refused(Ask::post(PATH).json(&body(321, 1, 1))).await.contains("email has"));
    assert!(refused(Ask::post(PATH).json(&body(1, 1, 101))).await.contains("deviceName has"));
    let too_long = refused(Ask::post(PATH).json(&body(1, 1025, 1))).await;
    assert_eq!(too_long, errors(401, "invalid_credentials", "no user has this e-mail address and password"));
    let too_large = refused(Ask::post(PATH).json(&body(70_000, 1, 1))).await;
    assert_eq!(too_large, errors(413, "body_too_large", "the body is too large"));
}

#[tokio::test]
async fn the_body_may_leave_its_type_unsaid_or_name_a_charset_but_not_be_anything_else() {
    for kind in ["application/json; charset=utf-8", "application/vnd.api+json"] {
        let ask = Ask::post(PATH).body(kind, SAMPLE);
        assert_eq!(ask.of(Dialogram::new(context(logging_in(|_| Ok(alices()))))).await.status, 200, "{kind}");
    }
    for kind in ["application/x-www-form-urlencoded", "text/plain", "nonsense"] {
        let answer = refused(Ask::post(PATH).body(kind, SAMPLE)).await;
        assert_eq!(answer, errors(415, "unsupported_media_type", "the body must be JSON"), "{kind}");
    }
}

#[tokio::test]
async fn nothing_is_done_for_a_caller_who_would_not_take_the_answer() {
    let answer = refused(Ask::post(PATH).header("accept", "text/html").json(SAMPLE)).await;
    assert_eq!(answer, errors(406, "not_acceptable", "the answer is JSON, which Accept rules out"));
}

#[tokio::test]
async fn a_password_from_elsewhere_is_taken_over_tls_only() {
    for context in [context, hardened] {
        let plain = Ask::post(PATH).remote().json(SAMPLE).of(Dialogram::new(context(MockSessionApi::new()))).await;
        assert_eq!((plain.status.as_u16(), plain.body.contains("\"insecure_transport\"")), (403, true));
        let api = logging_in(|_| Ok(alices()));
        assert_eq!(Ask::post(PATH).over_tls().json(SAMPLE).of(Dialogram::new(context(api))).await.status, 200);
    }
}

#[tokio::test]
async fn wrong_methods_and_paths_are_answered_in_this_shape() {
    for method in ["GET", "HEAD", "DELETE"] {
        let answer = Ask::new(method, PATH).of(Dialogram::new(context(MockSessionApi::new()))).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, "POST"), "{method}");
    }
    let answer = refused(Ask::post("/api/session/")).await;
    assert_eq!(answer, errors(404, "not_found", "there is nothing at this path"));
}
