use std::sync::Arc;

use rstest::rstest;
use vestibule_application::{
    use_cases::{describe_session, end_session, sign_out, start_session},
    view::Principal,
};

use super::*;
use crate::{
    dialect::{Context, Site},
    dialects::easydb::request::SessionCall,
    testing::{OTHER, REQUEST_ID, TOKEN, alice, away, corrupt, hardened, opaque, view},
};

fn outcome(principal: Principal, guard: Option<&str>) -> start_session::Outcome {
    start_session::Outcome { view: view("easydb", principal), token: opaque(TOKEN), guard: guard.map(opaque) }
}

fn starting(see: impl Fn(start_session::Command) + Send + 'static) -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_start_session().times(1).returning(move |command| {
        see(command);
        Ok(outcome(Principal::Anonymous, None))
    });
    api
}

fn describing(token: &'static str) -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_describe_session()
        .times(1)
        .withf(move |command| command.bearer.expose() == token)
        .returning(|_| Ok(view("easydb", Principal::User(Arc::new(alice())))));
    api
}

fn signing_out() -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_sign_out()
        .times(1)
        .returning(|_| Ok(sign_out::Outcome { view: view("easydb", Principal::Anonymous), replacement: None }));
    api
}

#[tokio::test]
async fn a_session_begins_anonymous_and_guarded() {
    let mut api = MockSessionApi::new();
    api.expect_start_session().times(1).returning(|_| Ok(outcome(Principal::Anonymous, Some(OTHER))));
    insta::assert_snapshot!(Ask::get(SESSION).of(faithful(api)).await.text(), @r#"
    200
    content-type: application/json
    set-cookie: __Host-vestibule_guard=0f0e0d0c-0b0a-0908-0706-050403020100; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure

    {"token":"c473472d-c085-4043-9bf0-ee80bff73d40","authenticated":false,"system_rights":[],"max_message_id":1234}
    "#);
}

#[tokio::test]
async fn whoever_may_set_the_system_up_is_authenticated_with_rights() {
    let mut api = MockSessionApi::new();
    api.expect_start_session().times(1).returning(|_| Ok(outcome(Principal::Setup, None)));
    insta::assert_snapshot!(Ask::get(SESSION).of(faithful(api)).await.body, @r#"{"token":"c473472d-c085-4043-9bf0-ee80bff73d40","authenticated":true,"system_rights":["system.root","system.users"],"max_message_id":1234}"#);
}

#[tokio::test]
async fn a_guard_that_a_browser_has_is_kept() {
    for (cookie, guard) in
        [(format!("__Host-vestibule_guard={OTHER}"), Some(OTHER)), ("__Host-vestibule_guard=x".to_owned(), None)]
    {
        let api = starting(move |command| {
            let start_session::Guarding::Browser(given) = command.guarding else { panic!("not guarded") };
            assert!(given == guard.map(opaque));
        });
        assert_eq!(Ask::get(SESSION).header("cookie", &cookie).of(faithful(api)).await.status, 200);
    }
}

#[tokio::test]
async fn t000_2_a_token_in_the_url_over_plain_http_from_elsewhere_is_taken_with_one_warning() {
    let easydb = faithful(MockSessionApi::new());
    let ask = || Ask::get(&format!("{SESSION}?token={TOKEN}"));
    assert_eq!(ask().of(faithful(describing(TOKEN))).await.status, 200);
    assert!(!easydb.overheard.is_completed());
    let inbound = ask().remote().inbound().await;
    assert!(SessionCall::read(&easydb, &inbound).await.is_ok() && easydb.overheard.is_completed());
}

#[tokio::test]
async fn t000_10_too_many_beginnings_are_answered_503_with_when_to_try_again() {
    let mut api = MockSessionApi::new();
    let retry_after = std::time::Duration::from_secs(9);
    api.expect_start_session().returning(move |_| Err(start_session::Error::Throttled { retry_after }));
    let answer = Ask::get(SESSION).of(faithful(api)).await;
    assert_eq!((code(&answer), answer.header("retry-after")), (is(503, "error.server.overloaded"), "9"));
}

#[tokio::test]
async fn t000_2_hardened_a_token_in_the_url_over_plain_http_from_elsewhere_is_refused_and_ended() {
    let target = format!("?token={TOKEN}&signout=0");
    let and = |more: &str| format!("{target}&{more}");
    for ask in [
        Ask::get(&format!("{SESSION}{target}")),
        Ask::post(&format!("{AUTHENTICATE}{target}")),
        // Whatever else is wrong.
        Ask::get(&format!("{SESSION}{}", and("signout=1"))),
        Ask::post(&format!("{AUTHENTICATE}{}", and("login=ann&password=x"))),
    ] {
        let mut api = MockSessionApi::new();
        api.expect_end_session().times(1).withf(|command| command.bearer.expose() == TOKEN).returning(|_| Ok(()));
        let answer = ask.remote().of(Easydb::new(hardened(api), settings())).await;
        assert_eq!(code(&answer), is(400, "error.api.invalid_parameter"));
        assert!(answer.body.contains("TLS"));
    }
    let mut api = MockSessionApi::new();
    api.expect_end_session().returning(|_| Err(end_session::Error::Store(away())));
    let ask = Ask::get(&format!("{SESSION}{target}")).remote();
    assert_eq!(ask.of(Easydb::new(hardened(api), settings())).await.status, 503, "it is not over");
}

#[tokio::test]
async fn hardened_a_token_is_taken_in_the_url_over_tls_and_in_a_header_from_anywhere() {
    let in_url = Ask::get(&format!("{SESSION}?token={TOKEN}"));
    let in_header = Ask::get(SESSION).header("x-easydb-token", TOKEN);
    for ask in [in_url.over_tls(), in_header.remote()] {
        assert_eq!(ask.of(Easydb::new(hardened(describing(TOKEN)), settings())).await.status, 200);
    }
}

#[tokio::test]
async fn under_a_prefix_or_without_tls_the_guard_has_its_plain_name() {
    let cookie = async |prefix: &str, url: &str| {
        let mut api = MockSessionApi::new();
        api.expect_start_session().returning(|_| Ok(outcome(Principal::Anonymous, Some(OTHER))));
        let site = Arc::new(Site { public_url: url.parse().unwrap(), is_fixed: false });
        let context = Context { prefix: prefix.to_owned(), site, ..context(api) };
        let answer = Ask::get(&format!("{prefix}{SESSION}")).at(prefix, Easydb::new(context, settings())).await;
        answer.header("set-cookie").to_owned()
    };
    assert!(cookie("/p", "https://id.test").await.starts_with("vestibule_guard=0f0e"));
    assert!(cookie("/p", "https://id.test").await.ends_with("Path=/p; Max-Age=43200; HttpOnly; SameSite=Lax; Secure"));
    assert!(cookie("", "http://id.test").await.ends_with("Path=/; Max-Age=43200; HttpOnly; SameSite=Lax"));
}

/// What a caller claims, as (local, with a secret); nothing when there is no claim.
async fn claim(public_url: &str, hardened: bool, setup: SetupOpenTo, ask: Ask) -> Option<(bool, bool)> {
    let (sender, receiver) = std::sync::mpsc::channel();
    let api = starting(move |command| {
        sender.send(command.setup.map(|claim| (claim.local, claim.secret == Some(opaque(OTHER))))).unwrap();
    });
    let context = if hardened { self::hardened(api) } else { context(api) };
    let context =
        Context { site: Arc::new(Site { public_url: public_url.parse().unwrap(), is_fixed: false }), ..context };
    assert_eq!(ask.of(Easydb::new(context, Settings { setup, ..settings() })).await.status, 200);
    receiver.recv().unwrap()
}

/// T000-1.
#[tokio::test]
async fn only_a_caller_on_this_machine_that_asks_this_machine_is_local() {
    let local = async |ask: Ask| claim("http://localhost:8080", false, SetupOpenTo::Loopback, ask).await;
    let asked = |host: &str| Ask::get(SESSION).header("host", host);
    assert_eq!(local(Ask::get(SESSION)).await, Some((false, false)), "whom it asks is not known");
    for host in ["localhost:8080", "LocalHost:", "app.localhost", "127.0.0.1", "127.9.9.9:80", "[::1]:8080"] {
        assert_eq!(local(asked(host)).await, Some((true, false)), "{host}");
    }
    for host in ["evil.test", "localhost.evil.test", "evillocalhost", "10.0.0.1", "[::2]", "[", ""] {
        assert_eq!(local(asked(host)).await, Some((false, false)), "DNS rebinding: {host}");
    }
    assert_eq!(local(asked("localhost").header("x-forwarded-for", "127.0.0.1")).await, Some((false, false)));
    assert_eq!(local(asked("localhost").remote()).await, Some((false, false)));
    let public = claim("https://id.test", false, SetupOpenTo::Loopback, asked("localhost")).await;
    assert_eq!(public, Some((false, false)), "a public service may have a proxy on this machine");
}

#[tokio::test]
async fn the_setup_secret_counts_from_header_and_query_but_not_in_plain_text_from_elsewhere() {
    let secret = async |ask: Ask| claim("https://id.test", false, SetupOpenTo::Loopback, ask).await;
    let query = format!("{SESSION}?setup_secret={OTHER}");
    assert_eq!(secret(Ask::get(&query)).await, Some((false, true)));
    assert_eq!(secret(Ask::get(SESSION).header("x-setup-secret", OTHER)).await, Some((false, true)));
    assert_eq!(secret(Ask::get(&query).over_tls()).await, Some((false, true)));
    assert_eq!(secret(Ask::get(&query).remote()).await, Some((false, false)));
    assert_eq!(secret(Ask::get(SESSION).header("x-setup-secret", "guess")).await, Some((false, false)));
}

#[rstest]
#[case(false, SetupOpenTo::Loopback, Some((true, true)))]
#[case(false, SetupOpenTo::Secret, Some((false, true)))]
#[case(false, SetupOpenTo::Anyone, Some((true, true)))]
#[case(false, SetupOpenTo::Nobody, None)]
#[case(true, SetupOpenTo::Loopback, Some((false, true)))]
#[case(true, SetupOpenTo::Secret, Some((false, true)))]
#[case(true, SetupOpenTo::Anyone, Some((false, true)))]
#[case(true, SetupOpenTo::Nobody, None)]
#[tokio::test]
async fn who_may_set_up_follows_setting_and_profile(
    #[case] hardened: bool,
    #[case] setup: SetupOpenTo,
    #[case] claimed: Option<(bool, bool)>,
) {
    let ask = Ask::get(SESSION).header("host", "localhost").header("x-setup-secret", OTHER);
    assert_eq!(claim("http://localhost", hardened, setup, ask).await, claimed);
}

#[tokio::test]
async fn anyone_means_callers_from_elsewhere_too() {
    let claimed = claim("https://id.test", false, SetupOpenTo::Anyone, Ask::get(SESSION).remote()).await;
    assert_eq!(claimed, Some((true, false)));
}

#[tokio::test]
async fn a_token_tells_of_its_session_from_elsewhere_too() {
    let answer = Ask::get(&format!("{SESSION}?token={TOKEN}")).remote().of(faithful(describing(TOKEN))).await;
    insta::assert_snapshot!(answer.text(), @r#"
    200
    content-type: application/json

    {"token":"c473472d-c085-4043-9bf0-ee80bff73d40","authenticated":true,"system_rights":["system.log","system.users"],"max_message_id":1234}
    "#);
}

#[tokio::test]
async fn the_token_is_read_from_body_query_and_headers_in_this_order() {
    const THIRD: &str = "11111111-1111-1111-1111-111111111111";
    let query = format!("{SESSION}?token={TOKEN}&token={OTHER}");
    let bearer = format!("bearer {OTHER}");
    let asks = [
        (THIRD, Ask::get(&query).header("x-easydb-token", OTHER).form(&format!("token={THIRD}"))),
        (TOKEN, Ask::get(&query).header("x-easydb-token", OTHER).header("authorization", &bearer)),
        (TOKEN, Ask::get(SESSION).header("x-easydb-token", TOKEN).header("authorization", &bearer)),
        (OTHER, Ask::get(SESSION).header("authorization", &bearer)),
        ("a.b.c", Ask::get(SESSION).header("authorization", "Bearer a.b.c")),
    ];
    for (token, ask) in asks {
        let answer = ask.of(faithful(describing(token))).await;
        assert_eq!((answer.status.as_u16(), answer.json()["token"].as_str()), (200, Some(token)));
    }
    let basic = Ask::get(SESSION).header("authorization", "Basic YTpi").of(faithful(starting(|_| ()))).await;
    assert_eq!(basic.status, 200);
}

#[tokio::test]
async fn what_has_not_the_form_of_a_token_is_refused_without_an_echo() {
    for ask in [
        Ask::get(&format!("{SESSION}?token=")),
        Ask::get(&format!("{SESSION}?token=canary")),
        Ask::get(SESSION).header("x-easydb-token", "canary"),
        Ask::get(SESSION).header("authorization", "Bearer canary"),
    ] {
        let answer = refused(ask).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.text(), @r#"
            400
            content-type: application/json

            {"realm":"user","code":"error.user.session_not_found","parameters":{},"description":"there is no such session"}
            "#);
        }
    }
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_404_and_named() {
    for signout in ["", "&signout=1"] {
        let mut api = MockSessionApi::new();
        api.expect_describe_session().returning(|_| Err(describe_session::Error::UnknownSession));
        api.expect_sign_out().returning(|_| Err(sign_out::Error::UnknownSession));
        let answer = Ask::get(&format!("{SESSION}?token={TOKEN}{signout}")).of(faithful(api)).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(answer.text(), @r#"
            404
            content-type: application/json

            {"realm":"user","code":"error.user.session_not_found","parameters":{"id":"c473472d-c085-4043-9bf0-ee80bff73d40"},"description":"there is no such session"}
            "#);
        }
    }
    let mut api = MockSessionApi::new();
    api.expect_describe_session().returning(|_| Err(describe_session::Error::UnknownSession));
    let answer = Ask::get(&format!("{SESSION}?token=a.b.c")).of(faithful(api)).await;
    assert_eq!(answer.json()["parameters"], serde_json::json!({}), "a signed token says too much to be repeated");
}

#[tokio::test]
async fn a_store_that_fails_is_told_by_every_operation() {
    for (error, status) in [(away as fn() -> _, 503), (corrupt, 500)] {
        for query in [String::new(), format!("?token={TOKEN}"), format!("?token={TOKEN}&signout=1")] {
            let mut api = MockSessionApi::new();
            api.expect_start_session().returning(move |_| Err(start_session::Error::Store(error())));
            api.expect_describe_session().returning(move |_| Err(describe_session::Error::Store(error())));
            api.expect_sign_out().returning(move |_| Err(sign_out::Error::Store(error())));
            let answer = Ask::get(&format!("{SESSION}{query}")).of(faithful(api)).await;
            assert_eq!(answer.status, status);
            if status == 503 {
                assert_eq!((code(&answer).1.as_str(), answer.header("retry-after")), ("error.server.overloaded", "2"));
            } else {
                assert_eq!(answer.json()["uuid"], REQUEST_ID);
                assert_eq!(
                    (code(&answer).1.as_str(), &answer.json()["realm"]),
                    ("error.server.generic", &"server".into())
                );
            }
        }
    }
}

#[tokio::test]
async fn signout_takes_the_session_from_its_user() {
    let answer = Ask::get(&format!("{SESSION}?token={TOKEN}&signout=1")).of(faithful(signing_out())).await;
    insta::assert_snapshot!(answer.text(), @r#"
    200
    content-type: application/json

    {"token":"c473472d-c085-4043-9bf0-ee80bff73d40","authenticated":false,"system_rights":[],"max_message_id":1234}
    "#);
}

#[tokio::test]
async fn signout_means_it_only_when_it_is_one() {
    for value in ["", "0"] {
        let ask = Ask::get(&format!("{SESSION}?token={TOKEN}&signout={value}"));
        assert_eq!(ask.of(faithful(describing(TOKEN))).await.status, 200);
    }
    for value in ["true", "2", "1 "] {
        let answer = refused(Ask::get(&format!("{SESSION}?token={TOKEN}&signout={value}").replace(' ', "%20"))).await;
        assert_eq!(code(&answer), is(400, "error.api.invalid_parameter"), "{value}");
    }
}

/// T000-5.
#[tokio::test]
async fn nobody_is_signed_out_by_a_prefetch_a_head_or_a_cookie() {
    let target = format!("{SESSION}?token={TOKEN}&signout=1");
    let prefetch = Ask::get(&target).header("sec-purpose", "prefetch").of(faithful(describing(TOKEN))).await;
    assert_eq!(prefetch.json()["authenticated"], true);
    let head = refused(Ask::new("HEAD", &target)).await;
    assert_eq!((head.status.as_u16(), head.header("allow")), (405, "GET"));
    let cookie = Ask::get(&format!("{SESSION}?signout=1")).header("cookie", &format!("vestibule_session={TOKEN}"));
    assert_eq!(cookie.of(faithful(starting(|_| ()))).await.status, 200);
}

#[rstest]
#[case(Ask::get("/api/session?token=%zz"), 400, "error.api.invalid_parameter")]
#[case(Ask::get("/api/session?token=%ff"), 400, "error.api.invalid_parameter")]
#[case(Ask::get(SESSION).json("{"), 400, "error.api.invalid_parameter")]
#[case(Ask::get(SESSION).body("text/plain", "x"), 415, "error.api.invalid_parameter")]
#[case(Ask::post(AUTHENTICATE).body("text/plain", vec![b'a'; 70_000]), 413, "error.api.invalid_parameter")]
#[case(Ask::post(SESSION), 405, "error.api.invalid_request_method")]
#[case(Ask::get(AUTHENTICATE), 405, "error.api.invalid_request_method")]
#[case(Ask::get("/api/session/"), 404, "error.api.invalid_parameter")]
#[case(Ask::post("/api/session/deauthenticate"), 404, "error.api.invalid_parameter")]
#[tokio::test]
async fn what_cannot_be_read_or_found_is_refused_in_this_shape(
    #[case] ask: Ask,
    #[case] status: u16,
    #[case] error: &str,
) {
    let answer = refused(ask).await;
    assert_eq!(code(&answer), is(status, error));
    assert_eq!(answer.json()["realm"], "api");
    let keys: Vec<String> = answer.json().as_object().unwrap().keys().cloned().collect();
    assert_eq!(keys, ["realm", "code", "parameters", "description"]);
}

#[tokio::test]
async fn the_command_says_who_asks() {
    let api = starting(|command| {
        assert_eq!(command.caller.origin.as_str(), "easydb");
        assert_eq!(command.caller.address.to_string(), "203.0.113.7");
    });
    assert_eq!(Ask::get(SESSION).over_tls().of(faithful(api)).await.status, 200);
}

/// T000-7.
#[tokio::test]
async fn hardened_a_parameter_with_two_values_is_refused_wherever_they_stand() {
    let strict = |api| Easydb::new(hardened(api), settings());
    let form = format!("token={TOKEN}&login=alice&password=x");
    for ask in [
        Ask::get(&format!("{SESSION}?token={TOKEN}&token={OTHER}")),
        Ask::get(&format!("{SESSION}?token={TOKEN}&signout=0&signout=1")),
        Ask::get(&format!("{SESSION}?token={TOKEN}")).form(&format!("token={OTHER}")),
        Ask::post(&format!("{AUTHENTICATE}?token={OTHER}")).form(&form),
        Ask::post(AUTHENTICATE).form(&format!("{form}&login=bob")),
        Ask::post(&format!("{AUTHENTICATE}?error=/a")).form(&format!("{form}&error=/b")),
    ] {
        let answer = ask.of(strict(MockSessionApi::new())).await;
        assert_eq!(code(&answer), is(400, "error.api.invalid_parameter"));
        assert!(!answer.body.contains(TOKEN) && !answer.body.contains(OTHER));
    }
    for ask in [
        Ask::get(&format!("{SESSION}?token={TOKEN}&token={TOKEN}&x=1&x=2")),
        Ask::get(&format!("{SESSION}?token={TOKEN}")).form(&format!("token={TOKEN}&method=email&method=easydb")),
    ] {
        assert_eq!(ask.of(strict(describing(TOKEN))).await.status, 200);
    }
    // As documented, body before query and the first before the second (errata E-8).
    let both = Ask::get(&format!("{SESSION}?token={OTHER}")).form(&format!("token={TOKEN}&token={OTHER}"));
    assert_eq!(both.of(faithful(describing(TOKEN))).await.status, 200);
}

/// Nothing is asked of the API of those who wait.
fn at_hand(at_hand: MockAtHandApi) -> Easydb {
    Easydb::new(Context { at_hand: Arc::new(at_hand), ..context(MockSessionApi::new()) }, Settings::default())
}

#[tokio::test]
async fn what_is_at_hand_is_told_or_begun_without_asking() {
    let mut knowing = MockAtHandApi::new();
    knowing.expect_described().returning(|command, _| {
        assert_eq!((command.caller.origin.as_str(), command.bearer.expose()), ("easydb", TOKEN));
        Some(view("easydb", Principal::User(Arc::new(alice()))))
    });
    let asked = Ask::get(&format!("{SESSION}?token={TOKEN}")).of(faithful(describing(TOKEN))).await.text();
    assert_eq!(Ask::get(&format!("{SESSION}?token={TOKEN}")).of(at_hand(knowing)).await.text(), asked);

    let mut sealing = MockAtHandApi::new();
    sealing.expect_started().returning(|_, _| Some(outcome(Principal::Anonymous, Some(OTHER))));
    let mut api = MockSessionApi::new();
    api.expect_start_session().times(1).returning(|_| Ok(outcome(Principal::Anonymous, Some(OTHER))));
    let asked = Ask::get(SESSION).of(faithful(api)).await.text();
    assert_eq!(Ask::get(SESSION).of(at_hand(sealing)).await.text(), asked);
}

#[tokio::test]
async fn a_session_that_is_signed_out_is_not_only_told_of() {
    let ask = Ask::get(&format!("{SESSION}?token={TOKEN}&signout=1"));
    let context = Context { at_hand: Arc::new(MockAtHandApi::new()), ..context(signing_out()) };
    assert_eq!(ask.of(Easydb::new(context, Settings::default())).await.status, 200);
}
