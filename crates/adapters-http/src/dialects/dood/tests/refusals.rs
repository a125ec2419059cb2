//! What never reaches a use case: transport, methods, paths, sizes.

use std::{sync::Arc, time::Duration};

use rstest::rstest;

use super::*;
use crate::{
    dialect::{Dialect, Refusal},
    testing::{Ask, TOKEN, begun, view},
};
use vestibule_application::{use_cases::start_session, view::Principal};

const INSECURE: &str = "passwords are taken over HTTPS only";

fn https_only(api: MockSessionApi) -> Dood {
    Dood::new(context(api), Settings { require_https: true, ..Settings::default() })
}

/// Begins whatever is asked for.
fn willing() -> MockSessionApi {
    let mut api = MockSessionApi::new();
    api.expect_log_in().returning(|_| Ok(begun("dood", Principal::Anonymous)));
    api.expect_register().returning(|_| Ok(begun("dood", Principal::Anonymous)));
    api.expect_end_session().returning(|_| Ok(()));
    api.expect_start_session().returning(|_| {
        let token = crate::testing::opaque(TOKEN);
        Ok(start_session::Outcome { view: view("dood", Principal::Anonymous), token, guard: None })
    });
    api
}

/// T003-2: local, remote and TLS callers; who of them may send a password.
#[rstest]
#[case(faithful, [true, false, true])]
#[case(deployed, [true, false, true])]
#[case(https_only, [false, false, true])]
#[case(strict, [false, false, true])]
#[tokio::test]
async fn passwords_are_taken_where_nobody_reads_them_on_the_way(
    #[case] speaks: fn(MockSessionApi) -> Dood,
    #[case] taken: [bool; 3],
) {
    for path in ["/session/login/", "/session/register/"] {
        let from: [fn(Ask) -> Ask; 3] = [|ask| ask, Ask::remote, Ask::over_tls];
        for (from, taken) in from.into_iter().zip(taken) {
            let api = if taken { willing() } else { MockSessionApi::new() };
            let answer = from(Ask::post(path).form(LOGIN)).of(speaks(api)).await;
            if taken {
                assert_eq!(answer.status, 200, "{path}");
            } else {
                assert_eq!(answer.text(), told(403, 18, INSECURE), "{path}");
            }
        }
    }
}

#[tokio::test]
async fn t003_5_where_registration_is_closed_nobody_registers_and_everybody_logs_in() {
    let closed = |api| Dood::new(context(api), Settings { is_closed: true, ..Settings::default() });
    for ask in [Ask::post("/session/register/").form(LOGIN), Ask::get(&format!("/session/register/?{LOGIN}"))] {
        let answer = ask.of(closed(MockSessionApi::new())).await;
        assert_eq!(answer.text(), told(403, 18, "registration is closed"));
    }
    assert_eq!(Ask::post("/session/login/").form(LOGIN).of(closed(willing())).await.status, 200);
}

/// T003-2.
#[tokio::test]
async fn get_logs_in_and_registers_locally_and_over_tls_unless_hardened() {
    for path in ["/session/login/", "/session/register/"] {
        let target = format!("{path}?{LOGIN}");
        assert_eq!(Ask::get(&target).of(faithful(willing())).await.status, 200);
        assert_eq!(Ask::get(&target).over_tls().of(faithful(willing())).await.status, 200);
        let remote = Ask::get(&target).remote().of(faithful(MockSessionApi::new())).await;
        assert_eq!(remote.text(), told(403, 18, INSECURE));
        let hardened = Ask::get(&target).over_tls().of(strict(MockSessionApi::new())).await;
        assert_eq!((hardened.status.as_u16(), hardened.header("allow")), (405, "POST"));
        assert_eq!(hardened.body, "{\"code\":48,\"message\":\"this path has other methods\"}");
    }
}

#[tokio::test]
async fn hardened_a_parameter_with_two_values_is_refused_wherever_they_stand() {
    let (two, wrong) = (format!("{LOGIN}&email=bob@example.com"), told(400, 48, "a parameter has two values"));
    for ask in [
        Ask::post("/session/login/").form(&two),
        Ask::post("/session/register/").form(&two),
        Ask::post("/session/login/?password=other").form(LOGIN),
        Ask::get(&format!("/session/logout/?session_key={TOKEN}&session_key=x")),
        Ask::get("/session/start/?system=ios&system=android"),
    ] {
        assert_eq!(ask.over_tls().of(strict(MockSessionApi::new())).await.text(), wrong);
    }
    let same = Ask::post(&format!("/session/login/?{LOGIN}&x=1")).form(&format!("{LOGIN}&{LOGIN}&x=2"));
    assert_eq!(same.over_tls().of(strict(willing())).await.status, 200);
    assert_eq!(Ask::post("/session/login/").form(&two).of(faithful(willing())).await.status, 200);
}

/// T003-3.
#[tokio::test]
async fn head_and_prefetches_have_no_effect() {
    let logout = format!("/session/logout/?session_key={TOKEN}");
    for target in ["/session/start/", &logout, "/session/login/", "/session/register/"] {
        let head = Ask::new("HEAD", target).of(faithful(MockSessionApi::new())).await;
        assert_eq!(head.status, 405, "{target}");
        for (name, value) in [("sec-purpose", "prefetch"), ("purpose", "prefetch")] {
            let ahead = Ask::get(target).header(name, value).of(faithful(MockSessionApi::new())).await;
            assert_eq!(ahead.text(), told(403, 18, "this page is not to be prefetched"), "{target}");
        }
    }
}

#[rstest]
#[case(faithful)]
#[case(deployed)]
#[tokio::test]
async fn paths_are_known_with_and_without_the_slash(#[case] speaks: fn(MockSessionApi) -> Dood) {
    for (method, path) in
        [("GET", "start"), ("POST", "login"), ("GET", "login"), ("GET", "logout"), ("POST", "register")]
    {
        for slash in ["", "/"] {
            let ask = Ask::new(method, &format!("/session/{path}{slash}?session_key={TOKEN}&{LOGIN}"));
            assert_eq!(ask.of(speaks(willing())).await.status, 200, "{method} {path}{slash}");
        }
    }
}

#[test]
fn a_bare_path_gives_way_as_documented_and_stands_firm_as_deployed() {
    for (speaks, yields) in [(faithful as fn(_) -> _, true), (strict, true), (deployed, false)] {
        for route in Arc::new(speaks(MockSessionApi::new())).routes() {
            assert_eq!(route.yields, yields && !route.path.ends_with('/'), "{} {}", route.method, route.path);
        }
    }
}

#[tokio::test]
async fn what_no_route_answers_is_told_in_the_envelope() {
    let ask = async |ask: Ask| ask.of(faithful(MockSessionApi::new())).await;
    assert_eq!(ask(Ask::get("/session/nowhere/")).await.text(), told(404, 48, "there is nothing at this path"));
    let wrong = ask(Ask::post("/session/logout/")).await;
    assert_eq!((wrong.status.as_u16(), wrong.header("allow")), (405, "GET"));
    let large = ask(Ask::post("/session/login/").form(&"a".repeat(64 * 1024 + 1))).await;
    assert_eq!(large.text(), told(413, 48, "the body is too large"));
}

#[tokio::test]
async fn every_refusal_has_a_code() {
    let refuse = async |refusal| {
        let response = faithful(MockSessionApi::new()).refuse(refusal);
        let (status, retry) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        let code = serde_json::from_slice::<serde_json::Value>(&body).unwrap()["code"].as_u64().unwrap();
        (status, code, retry)
    };
    assert_eq!(refuse(Refusal::NotFound).await, (404, 48, false));
    assert_eq!(refuse(Refusal::MethodNotAllowed).await, (405, 48, false));
    assert_eq!(refuse(Refusal::BodyTooLarge).await, (413, 48, false));
    assert_eq!(refuse(Refusal::Malformed("why")).await, (400, 48, false));
    assert_eq!(refuse(Refusal::TimedOut).await, (408, 48, false));
    assert_eq!(refuse(Refusal::Unavailable { retry_after: Duration::ZERO }).await, (503, 16, true));
    assert_eq!(refuse(Refusal::Internal { request_id: "7".to_owned() }).await, (500, 16, false));
}
