//! What becomes of every parameter, wherever it comes from.

use std::sync::mpsc::channel;

use proptest::prelude::*;
use rstest::rstest;
use vestibule_application::{
    api::Current,
    use_cases::{end_session, log_in, register, start_session},
    view::Principal,
};
use vestibule_domain::user::{Login, Sex};

use super::*;
use crate::testing::{Ask, OTHER, TOKEN, begun, opaque, view};

const IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                      Version/17.5 Mobile/15E148 Safari/604.1";

/// What the use cases were asked, and the answer.
#[derive(Default)]
struct Asked {
    start: Option<start_session::Command>,
    log_in: Option<log_in::Command>,
    log_out: Option<end_session::Command>,
    register: Option<register::Command>,
    answer: String,
}

async fn asked_of(speaks: fn(MockSessionApi) -> Dood, ask: Ask) -> Asked {
    let mut api = MockSessionApi::new();
    let (send, start) = channel();
    api.expect_start_session().returning(move |command| {
        send.send(command).unwrap();
        Ok(start_session::Outcome { view: view("dood", Principal::Anonymous), token: opaque(TOKEN), guard: None })
    });
    let (send, log_in) = channel();
    api.expect_log_in().returning(move |command| {
        send.send(command).unwrap();
        Ok(begun("dood", Principal::Anonymous))
    });
    let (send, log_out) = channel();
    api.expect_end_session().returning(move |command| {
        send.send(command).unwrap();
        Ok(())
    });
    let (send, register) = channel();
    api.expect_register().returning(move |command| {
        send.send(command).unwrap();
        Ok(begun("dood", Principal::Anonymous))
    });
    let answer = ask.of(speaks(api)).await.text();
    let (start, log_in) = (start.try_recv().ok(), log_in.try_recv().ok());
    Asked { start, log_in, log_out: log_out.try_recv().ok(), register: register.try_recv().ok(), answer }
}

async fn asked(ask: Ask) -> Asked {
    asked_of(faithful, ask).await
}

fn upgraded(current: &Current) -> Option<(&str, bool)> {
    match current {
        Current::None => None,
        Current::Upgrade { bearer, rotate } => Some((bearer.expose(), *rotate)),
        Current::Replace(_) => panic!("nothing is replaced unasked"),
    }
}

#[rstest]
#[case(Ask::post("/session/login/").form("email=%20Alice@Example.com&password=%20p+w%C5%82%20&system=android"))]
#[case(Ask::post("/session/login/").json(r#"{"email":"Alice@Example.com","password":" p wł ","system":"android"}"#))]
#[case(Ask::post("/session/login/?email=Alice@Example.com&password=+p+w%C5%82+&system=android"))]
#[case(Ask::get("/session/login/?email=Alice@Example.com&password=+p+w%C5%82+&system=android"))]
#[case(Ask::post("/session/login/?password=other&system=ios").form("email=Alice@Example.com&password=+p+w%C5%82+&system=android"))]
#[case(Ask::post("/session/login/").form("email=Alice@Example.com&email=b@b.test&password=+p+w%C5%82+&password=x&system=android"))]
#[tokio::test]
async fn a_login_is_read_from_wherever_its_parameters_stand(#[case] ask: Ask) {
    let asked = asked(ask).await;
    assert_eq!(asked.answer, SESSION);
    let command = asked.log_in.unwrap();
    let Login::Email(key) = command.login else { panic!("an e-mail address is looked for") };
    assert_eq!(key.as_str(), "alice@example.com");
    assert_eq!(command.password.expose(), " p wł ");
    assert_eq!(command.device.as_str(), "android");
    assert!(matches!(command.current, Current::None));
    assert!(command.needs.is_none() && !command.signed);
    assert_eq!((command.caller.origin.as_str(), command.caller.address.to_string().as_str()), ("dood", "127.0.0.1"));
}

#[rstest]
#[case("", "email=&password=secret", 401, 32, "nobody has this e-mail address")]
#[case("", "password=secret", 401, 32, "nobody has this e-mail address")]
#[case("", "email=alice&password=secret", 401, 32, "nobody has this e-mail address")]
#[case("", "email=a%00@b.test&password=secret", 401, 32, "nobody has this e-mail address")]
#[case("", "email=a@b.test", 400, 48, "the password must not be empty")]
#[case("", "email=a@b.test&password=", 400, 48, "the password must not be empty")]
#[case("", "email=a@b.test&password=%zz", 400, 48, "a percent escape is broken")]
#[case("", "email=a@b.test&password=%ff", 400, 48, "a parameter is not valid UTF-8")]
#[case("?x=%4", "email=a@b.test&password=secret", 400, 48, "a percent escape is broken")]
#[case("", "email=a@b.test&password=secret&session_key=mine", 401, 17, "no session has this key, or it is over")]
#[case("", "email=a@b.test&password=secret&system=a+b", 400, 48, "system must be one word")]
#[case("", "email=a@b.test&password=secret&system=a%07b", 400, 48, "system must not contain control characters")]
#[tokio::test]
async fn a_login_that_nobody_can_mean_is_refused_unasked(
    #[case] query: &str,
    #[case] form: &str,
    #[case] status: u16,
    #[case] code: u8,
    #[case] message: &str,
) {
    let asked = asked(Ask::post(&format!("/session/login/{query}")).form(form)).await;
    assert_eq!(asked.answer, told(status, code, message));
    assert!(asked.log_in.is_none());
}

#[rstest]
#[case("application/json", "{\"email\":", 400, "the body is not a JSON object with each name once")]
#[case("application/json", "[]", 400, "the body is not a JSON object with each name once")]
#[case(
    "application/json",
    "{\"email\":[\"a@b.test\"],\"password\":\"secret\"}",
    400,
    "a JSON field has the wrong type"
)]
#[case("text/plain", "email=a@b.test&password=secret", 415, "the content type is not supported")]
#[tokio::test]
async fn a_body_that_cannot_be_read_is_wrong_data(
    #[case] content_type: &str,
    #[case] body: &'static str,
    #[case] status: u16,
    #[case] message: &str,
) {
    for path in ["/session/login/", "/session/register/"] {
        let asked = asked(Ask::post(path).body(content_type, body)).await;
        assert_eq!(asked.answer, told(status, 48, message));
        assert!(asked.log_in.is_none() && asked.register.is_none());
    }
}

#[tokio::test]
async fn a_password_has_at_most_1024_bytes_at_both_doors() {
    for path in ["/session/login/", "/session/register/"] {
        let with =
            async |size| asked(Ask::post(path).form(&format!("email=a@b.test&password={}", "x".repeat(size)))).await;
        assert_eq!(with(1024).await.answer, SESSION);
        assert_eq!(with(1025).await.answer, told(400, 48, "the password must have at most 1024 bytes"));
    }
}

#[tokio::test]
async fn a_session_that_comes_along_is_upgraded_and_rotated_only_where_hardened() {
    let jwt = "a.b.c";
    for (path, registers) in [("/session/login/", false), ("/session/register/", true)] {
        for (query, form, header, key) in [
            ("", format!("session_key={TOKEN}"), "", TOKEN),
            (&*format!("session_key={TOKEN}"), String::new(), "", TOKEN),
            (&*format!("session_key={TOKEN}"), format!("session_key={TOKEN}"), OTHER, TOKEN),
            ("session_key=", String::new(), TOKEN, TOKEN),
            ("", String::new(), jwt, jwt),
            ("", format!("session_key={jwt}"), "", jwt),
        ] {
            for (speaks, rotate) in [(faithful as fn(_) -> _, false), (deployed, false), (strict, true)] {
                let ask = Ask::post(&format!("{path}?{query}")).form(&format!("{LOGIN}&{form}")).over_tls();
                let ask =
                    if header.is_empty() { ask } else { ask.header("authorization", &format!("Bearer {header}")) };
                let asked = asked_of(speaks, ask).await;
                let current = if registers { asked.register.unwrap().current } else { asked.log_in.unwrap().current };
                assert_eq!(upgraded(&current), Some((key, rotate)), "{path} {query} {form} {header}");
            }
        }
        let both = Ask::post(&format!("{path}?session_key={OTHER}")).form(&format!("{LOGIN}&session_key={TOKEN}"));
        let asked = asked_of(faithful, both).await;
        let current = if registers { asked.register.unwrap().current } else { asked.log_in.unwrap().current };
        assert_eq!(upgraded(&current), Some((TOKEN, false)), "{path}: the body before the query");
    }
}

#[tokio::test]
async fn a_logout_needs_a_key_that_could_be_one() {
    for (target, header, key) in [
        (format!("/session/logout/?session_key={TOKEN}"), "", Some(TOKEN)),
        (format!("/session/logout/?session_key={TOKEN}&session_key={OTHER}"), "", Some(TOKEN)),
        (format!("/session/logout/?session_key={TOKEN}"), "Bearer 1.2.3", Some(TOKEN)),
        ("/session/logout/?session_key=1.2.3".to_owned(), "", Some("1.2.3")),
        ("/session/logout/".to_owned(), "bearer 1.2.3", Some("1.2.3")),
        ("/session/logout/".to_owned(), "Token 1.2.3", None),
        ("/session/logout/?session_key=".to_owned(), "", None),
        ("/session/logout/?session_key=mine".to_owned(), "", None),
        ("/session/logout/".to_owned(), "", None),
    ] {
        let ask = Ask::get(&target);
        let asked = asked(if header.is_empty() { ask } else { ask.header("authorization", header) }).await;
        assert_eq!(asked.log_out.as_ref().map(|command| command.bearer.expose()), key, "{target} {header}");
        if key.is_none() {
            assert_eq!(asked.answer, told(401, 17, "no session has this key, or it is over"));
        }
    }
    let broken = asked(Ask::get("/session/logout/?session_key=%")).await;
    assert_eq!(broken.answer, told(400, 48, "a percent escape is broken"));
}

/// T003-9.
#[tokio::test]
async fn a_device_is_what_the_client_says_or_looks_like() {
    let long = "w".repeat(32);
    for (query, agent, device) in [
        ("system=ios", IPHONE, "ios"),
        (&*format!("system={long}"), "", &*long),
        ("system=", IPHONE, "Safari on iPhone"),
        ("", IPHONE, "Safari on iPhone"),
        ("", "curl/8", "Unknown"),
    ] {
        let login = format!("/session/login/?email=alice@example.com&password=p&{query}");
        let asked = asked(Ask::get(&login).header("user-agent", agent)).await;
        assert_eq!(asked.log_in.unwrap().device.as_str(), device);
    }
    let started = asked(Ask::get(&format!("/session/start/?system={long}"))).await.start.unwrap();
    assert!(started.setup.is_none() && matches!(started.guarding, start_session::Guarding::None));
    let longer = asked(Ask::get(&format!("/session/start/?system={long}w"))).await;
    assert_eq!(longer.answer, told(400, 48, "system must have at most 32 characters"));
    assert!(longer.start.is_none());
}

#[tokio::test]
async fn a_registration_has_the_documents_defaults() {
    for optional in ["", "&sex=&name=&surname=&nickname=&birthdate=&default_city=&session_key=&system="] {
        let asked =
            asked(Ask::post("/session/register/").form(&format!("email=New@B.test&password=secret{optional}"))).await;
        let command = asked.register.unwrap();
        assert_eq!((command.email.as_str(), command.password.expose()), ("New@B.test", "secret"));
        assert_eq!((command.profile.sex, command.profile.default_city.as_str()), (Sex::Male, "WARSZAWA"));
        assert!(command.profile.name.is_none() && command.profile.surname.is_none());
        assert!(command.profile.nickname.is_none() && command.profile.birthdate.is_none());
        assert_eq!(command.device.as_str(), "Unknown");
        assert!(matches!(command.current, Current::None));
    }
}

#[rstest]
#[case(Ask::post("/session/register/").form("email=a@b.test&password=secret&sex=f&name=Ewa&surname=Nowak&nickname=ew&birthdate=29022000&default_city=%C5%82%C3%B3d%C5%BA&system=symbian"))]
#[case(Ask::post("/session/register/").json(r#"{"email":"a@b.test","password":"secret","sex":"F","name":"Ewa","surname":"Nowak","nickname":"ew","birthdate":"29022000","default_city":"Łódź","system":"symbian","role":"admin"}"#))]
#[case(Ask::get(
    "/session/register/?email=a@b.test&password=secret&sex=F&name=Ewa&surname=Nowak&nickname=ew&birthdate=29022000&default_city=%C5%81%C3%B3d%C5%BA&system=symbian"
))]
#[tokio::test]
async fn a_registration_tells_what_it_tells(#[case] ask: Ask) {
    let command = asked(ask).await.register.unwrap();
    let profile = command.profile;
    assert_eq!(profile.sex, Sex::Female);
    let names = [profile.name, profile.surname, profile.nickname].map(|name| name.unwrap().as_str().to_owned());
    assert_eq!(names, ["Ewa", "Nowak", "ew"]);
    assert_eq!(profile.birthdate.unwrap().to_digits(), "29022000");
    assert_eq!((profile.default_city.as_str(), command.device.as_str()), ("ŁÓDŹ", "symbian"));
}

#[rstest]
#[case("sex=X", "sex must be M or F")]
#[case("birthdate=31022000", "birthdate must be a past date in the form DDMMYYYY")]
#[case("birthdate=2000-01-01", "birthdate must be a past date in the form DDMMYYYY")]
#[case("name=%00", "name must not contain control characters")]
#[case("surname=++", "surname must not be empty")]
#[case("nickname=LONG", "nickname must have at most 100 characters")]
#[case("default_city=LONG", "default_city must have at most 100 characters")]
#[case("system=LONG", "system must have at most 32 characters")]
#[tokio::test]
async fn a_malformed_optional_field_is_named_and_nothing_is_created(#[case] field: &str, #[case] message: &str) {
    let form = format!("{LOGIN}&{}", field.replace("LONG", &"x".repeat(101)));
    for speaks in [faithful as fn(_) -> _, deployed, strict] {
        let asked = asked_of(speaks, Ask::post("/session/register/").form(&form).over_tls()).await;
        assert_eq!(asked.answer, told(400, 48, message));
        assert!(asked.register.is_none());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn no_body_breaks_it_and_none_is_echoed(tail in proptest::collection::vec(any::<u8>(), 0..80)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        for (path, kind) in [("/session/login/", "application/x-www-form-urlencoded"), ("/session/register/", "application/json")] {
            let body = [b"email=a@b.test&password=Qx9canary", tail.as_slice()].concat();
            let asked = runtime.block_on(asked(Ask::post(path).body(kind, body)));
            prop_assert!(!asked.answer.starts_with('5') && !asked.answer.contains("Qx9canary"), "{}", asked.answer);
        }
    }
}
