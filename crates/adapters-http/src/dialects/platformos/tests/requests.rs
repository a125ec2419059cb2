//! What becomes of forms, API tokens and cookies.

use std::{collections::BTreeMap, sync::mpsc::channel};

use proptest::prelude::*;
use rstest::rstest;
use vestibule_application::{
    api::Current,
    use_cases::{end_session_by_form, log_in_by_form},
    view::Principal,
};
use vestibule_domain::{form::FormName, secret::OpaqueToken, session::Bearer};

use super::*;
use crate::testing::{OTHER, begun, hardened};

const FORM: &str = "reference_rest_api_create_sessions";
const URLENCODED: &str = "application/x-www-form-urlencoded";

async fn created(ask: Ask) -> log_in_by_form::Command {
    created_by(ask, dialect).await
}

async fn created_by(ask: Ask, speaks: fn(MockSessionApi) -> Platformos) -> log_in_by_form::Command {
    let mut api = MockSessionApi::new();
    let (send, seen) = channel();
    api.expect_log_in_by_form().times(1).returning(move |command| {
        send.send(command).unwrap();
        Ok(begun("platformos", Principal::Anonymous))
    });
    ask.of(speaks(api)).await;
    seen.try_recv().unwrap()
}

async fn deleted(ask: Ask) -> end_session_by_form::Command {
    deleted_by(ask, dialect).await
}

async fn deleted_by(ask: Ask, speaks: fn(MockSessionApi) -> Platformos) -> end_session_by_form::Command {
    let mut api = MockSessionApi::new();
    let (send, seen) = channel();
    api.expect_end_session_by_form().times(1).returning(move |command| {
        send.send(command).unwrap();
        Ok(())
    });
    ask.of(speaks(api)).await;
    seen.try_recv().unwrap()
}

fn strict(api: MockSessionApi) -> Platformos {
    at(hardened(api))
}

fn name(form: Option<&FormName>) -> Option<&str> {
    form.map(FormName::as_str)
}

fn fields(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(field, value)| ((*field).to_owned(), (*value).to_owned())).collect()
}

#[rstest]
#[case("application/json", LOGIN)]
#[case("application/vnd.api+json; charset=utf-8", LOGIN)]
#[case("application/json", r#" {"form_configuration_name":"reference_rest_api_create_sessions","form":{"email":"example1@example.com","password":"somepassword"},"x":[{}]}"#)]
#[case("application/json", r#"{"form_name":"reference_rest_api_create_sessions","form_configuration_name":"other","form":{"email":"example1@example.com","password":"somepassword","z":null}}"#)]
#[case(
    URLENCODED,
    "form_name=reference_rest_api_create_sessions&form[email]=example1@example.com&form[password]=somepassword"
)]
#[case(
    URLENCODED,
    "form_name=reference_rest_api_create_sessions&form%5Bemail%5D=example1%40example.com&form%5Bpassword%5D=somepassword&form_name=other&form[email]=b@b.test"
)]
#[case(
    URLENCODED,
    "form_configuration_name=reference_rest_api_create_sessions&form[password]=somepassword&form[email]=example1@example.com&formidable=1"
)]
#[tokio::test]
async fn a_form_is_read_from_json_and_urlencoded_bodies(#[case] content_type: &str, #[case] body: &'static str) {
    let ask = with_token(Ask::post("/api/sessions?form_name=query").body(content_type, body));
    let command = created(ask.header("user-agent", "curl/8")).await;
    assert_eq!(name(command.form.as_ref()), Some(FORM));
    assert_eq!(command.values.unwrap(), fields(&[("email", "example1@example.com"), ("password", "somepassword")]));
    assert_eq!(command.api_token.unwrap().expose(), API_TOKEN);
    assert_eq!(command.device.as_str(), "Unknown");
    assert_eq!(command.caller.origin.as_str(), "platformos");
    assert!(matches!(command.current, Current::None));
}

#[tokio::test]
async fn plain_json_values_become_text() {
    let body = r#"{"form_name":"f","form":{"n":7,"d":1.5,"t":true,"s":" a ","z":null}}"#;
    let command = created(with_token(Ask::post("/api/sessions").json(body))).await;
    assert_eq!(command.values.unwrap(), fields(&[("n", "7"), ("d", "1.5"), ("t", "true"), ("s", " a ")]));
    let empty = created(with_token(Ask::post("/api/sessions").json(r#"{"form_name":"f","form":{}}"#))).await;
    assert_eq!(empty.values.unwrap(), fields(&[]));
}

#[rstest]
#[case("application/json", "")]
#[case("application/json", "{")]
#[case("application/json", "[\"f\",null,{}]")]
#[case("application/json", "\"f\"")]
#[case("application/json", r#"{"form_name":7,"form":{}}"#)]
#[case("application/json", r#"{"form_name":"f","form":"x"}"#)]
#[case("application/json", r#"{"form_name":"f","form":["x"]}"#)]
#[case("application/json", r#"{"form_name":"f","form":{"email":{"x":"y"}}}"#)]
#[case("application/json", r#"{"form_name":"f","form":{"email":["y"]}}"#)]
#[case("application/json", r#"{"form_name":"f","form_name":"g","form":{}}"#)]
#[case("application/json", r#"{"form_name":"f","form":{"email":"x","\u0065mail":"y"}}"#)]
#[case(URLENCODED, "form_name=f&form=x")]
#[case(URLENCODED, "form_name=f&form[a][b]=x")]
#[case(URLENCODED, "form_name=f&form[a=x")]
#[case(URLENCODED, "form_name=f&form[a]=%zz")]
#[case("text/plain", LOGIN)]
#[case("nonsense", LOGIN)]
#[tokio::test]
async fn a_body_that_cannot_be_read_names_no_form_and_is_left_to_the_use_case(
    #[case] content_type: &str,
    #[case] body: &'static str,
) {
    let command = created(with_token(Ask::post("/api/sessions").body(content_type, body))).await;
    assert!(command.form.is_none() && command.values.is_none());
}

#[rstest]
#[case("application/json", r#"{"form":{}}"#, None, true)]
#[case("application/json", r#"{"form_name":"a b","form":{}}"#, None, true)]
#[case("application/json", r#"{"form_name":"f"}"#, Some("f"), false)]
#[case("application/json", r#"{"form_name":"f","form":null}"#, Some("f"), false)]
#[case(URLENCODED, "form_name=f", Some("f"), false)]
#[case(URLENCODED, "form[email]=a", None, true)]
#[tokio::test]
async fn a_name_and_a_form_are_missed_one_by_one(
    #[case] content_type: &str,
    #[case] body: &'static str,
    #[case] form: Option<&str>,
    #[case] has_values: bool,
) {
    let command = created(with_token(Ask::post("/api/sessions").body(content_type, body))).await;
    assert_eq!((name(command.form.as_ref()), command.values.is_some()), (form, has_values));
}

#[rstest]
#[case("", "", "", None)]
#[case("?form_name=q", "", "", Some("q"))]
#[case("?form_configuration_name=q", "", "", Some("q"))]
#[case("?form_name=q", "application/json", LOGOUT, Some("reference_rest_api_delete_sessions"))]
#[case("?form_name=q", "application/json", r#"{"form_configuration_name":"b"}"#, Some("b"))]
#[case("?form_name=q", "application/json", r#"{"form":{}}"#, Some("q"))]
#[case("?form_name=q", "application/json", "", Some("q"))]
#[case("", URLENCODED, "form_name=b", Some("b"))]
#[case("?form_name=q", URLENCODED, "x=y", Some("q"))]
#[case("?form_name=q&form_name=r", "", "", Some("q"))]
#[case("?form_name=%zz", "", "", None)]
#[case("?form_name=q", "application/json", "{", None)]
#[case("?form_name=q", "text/plain", "x", None)]
#[tokio::test]
async fn a_deletion_is_named_in_the_body_or_else_in_the_query(
    #[case] query: &str,
    #[case] content_type: &str,
    #[case] body: &'static str,
    #[case] form: Option<&str>,
) {
    let ask = delete(&format!("/api/sessions{query}"));
    let ask = if content_type.is_empty() { ask } else { ask.body(content_type, body) };
    let command = deleted(with_token(ask)).await;
    assert_eq!(name(command.form.as_ref()), form);
    assert_eq!(command.api_token.unwrap().expose(), API_TOKEN);
    assert_eq!(command.caller.origin.as_str(), "platformos");
}

/// What cannot be read names no form.
#[tokio::test]
async fn hardened_a_parameter_with_two_values_names_no_form() {
    let create = |body: &str| with_token(Ask::post("/api/sessions").form(body));
    for two in ["form_name=f&form_name=g&form[a]=x", "form_name=f&form[a]=x&form[a]=y"] {
        assert!(created(create(two)).await.values.is_some(), "{two}");
        let command = created_by(create(two), strict).await;
        assert!(command.form.is_none() && command.values.is_none(), "{two}");
    }
    let same = created_by(create("form_name=f&form[a]=x&form[a]=x&form_name=f&x=1&x=2"), strict).await;
    assert_eq!((name(same.form.as_ref()), same.values), (Some("f"), Some(fields(&[("a", "x")]))));
    for (query, body, form) in [
        ("form_name=f&form_name=g", "", None),
        ("form_name=f", "form_configuration_name=g", None),
        ("form_name=f", "form_name=f", Some("f")),
        ("form_name=f", "", Some("f")),
        ("", "form_name=f", Some("f")),
    ] {
        let ask = with_token(delete(&format!("/api/sessions?{query}")).form(body));
        assert_eq!(name(deleted_by(ask, strict).await.form.as_ref()), form, "{query} {body}");
    }
}

/// T002-6.
#[rstest]
#[case(&["Token token=abcdabcd-0000-1111-2222-abcdabcdabcd"], true)]
#[case(&["Token token=\"abcdabcd-0000-1111-2222-abcdabcdabcd\""], true)]
#[case(&["token  token=abcdabcd-0000-1111-2222-abcdabcdabcd "], true)]
#[case(&["Bearer abcdabcd-0000-1111-2222-abcdabcdabcd"], true)]
#[case(&["BEARER abcdabcd-0000-1111-2222-abcdabcdabcd"], true)]
#[case(&[], false)]
#[case(&[""], false)]
#[case(&["Token"], false)]
#[case(&["abcdabcd-0000-1111-2222-abcdabcdabcd"], false)]
#[case(&["Token abcdabcd-0000-1111-2222-abcdabcdabcd"], false)]
#[case(&["Token token=[abcdabcd-0000-1111-2222-abcdabcdabcd]"], false)]
#[case(&["Token token=\"abcdabcd-0000-1111-2222-abcdabcdabcd"], false)]
#[case(&["Token token=\"\"abcdabcd-0000-1111-2222-abcdabcdabcd\"\""], false)]
#[case(&["Token token=abcdabcd-0000-1111-2222-abcdabcdabcd, nonce=x"], false)]
#[case(&["Token token=x, token=abcdabcd-0000-1111-2222-abcdabcdabcd"], false)]
#[case(&["Bearer \"abcdabcd-0000-1111-2222-abcdabcdabcd\""], false)]
#[case(&["Bearer token=abcdabcd-0000-1111-2222-abcdabcdabcd"], false)]
#[case(&["Bearer a.b.c"], false)]
#[case(&["Basic abcdabcd-0000-1111-2222-abcdabcdabcd"], false)]
#[case(&["Bearer abcdabcd-0000-1111-2222-abcdabcdabcd", "Bearer abcdabcd-0000-1111-2222-abcdabcdabcd"], false)]
#[tokio::test]
async fn an_api_token_has_one_grammar(#[case] lines: &[&str], #[case] is_one: bool) {
    let ask = |ask: Ask| lines.iter().fold(ask, |ask, line| ask.header("authorization", line));
    let expected = is_one.then_some(API_TOKEN);
    let created = created(ask(Ask::post("/api/sessions").json(LOGIN))).await;
    assert_eq!(created.api_token.as_ref().map(OpaqueToken::expose), expected);
    let deleted = deleted(ask(delete("/api/sessions").json(LOGOUT))).await;
    assert_eq!(deleted.api_token.as_ref().map(OpaqueToken::expose), expected);
}

#[rstest]
#[case("", "", None)]
#[case("_pos_session=c473472d-c085-4043-9bf0-ee80bff73d40", "", Some(TOKEN))]
#[case("a=b; _pos_session=a.b.c", "", Some("a.b.c"))]
#[case("_pos_session=nonsense", "", None)]
#[case("_pos_session=", "", None)]
#[case("", "0f0e0d0c-0b0a-0908-0706-050403020100", Some(OTHER))]
#[case("_pos_session=a.b.c", "0f0e0d0c-0b0a-0908-0706-050403020100", Some(OTHER))]
#[case("_pos_session=a.b.c", "nonsense", None)]
#[tokio::test]
async fn a_session_comes_in_the_cookie_or_in_a_header_of_its_own(
    #[case] cookie: &str,
    #[case] header: &str,
    #[case] session: Option<&str>,
) {
    let ask = |ask: Ask| {
        let ask = if cookie.is_empty() { with_token(ask) } else { with_token(ask).header("cookie", cookie) };
        if header.is_empty() { ask } else { ask.header("x-session-token", header) }
    };
    let deleted = deleted(ask(delete("/api/sessions").json(LOGOUT))).await;
    assert_eq!(deleted.bearer.as_ref().map(Bearer::expose), session);
    let created = created(ask(Ask::post("/api/sessions").json(LOGIN))).await;
    let replaced = match &created.current {
        Current::None => None,
        Current::Replace(bearer) => Some(bearer.expose()),
        Current::Upgrade { .. } => panic!("no session is kept over a login"),
    };
    assert_eq!(replaced, session);
}

/// T002-2: a page can make a browser send the cookie, but not the API token: what such a request carries reaches the use
/// case without one, and is refused there.
#[tokio::test]
async fn a_cookie_alone_brings_no_api_token() {
    for origin in ["https://evil.test", "https://id.test", "null"] {
        let ask = delete("/api/sessions").json(LOGOUT).header("cookie", &format!("_pos_session={TOKEN}"));
        assert!(deleted(ask.header("origin", origin)).await.api_token.is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_header_and_no_body_break_it(
        header in "[ -~]{0,60}",
        body in proptest::collection::vec(any::<u8>(), 0..60),
        head in prop_oneof![Just("{\"form_name\":\"f\",\"form\":{"), Just("form_name=f&form["), Just("")],
        kind in prop_oneof![Just("application/json"), Just(URLENCODED), Just("multipart/form-data; boundary=f")],
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let body = [head.as_bytes(), &body].concat();
        let ask = Ask::post("/api/sessions").body(kind, body).header("authorization", &header);
        let command = runtime.block_on(created(ask));
        prop_assert!(command.form.is_none_or(|form| form.as_str().len() <= FormName::MAX));
    }
}
