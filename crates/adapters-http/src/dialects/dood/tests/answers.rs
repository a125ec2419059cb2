//! What every outcome of every operation looks like.

use std::{sync::Arc, time::Duration};

use rstest::rstest;
use vestibule_application::use_cases::{disclose, end_session, log_in, register, start_session};

use super::*;
use crate::testing::{Ask, REQUEST_ID, TOKEN, alice, away, begun, corrupt, opaque, view};
use vestibule_application::view::Principal;

const RETRY: Duration = Duration::from_millis(1500);
const GONE: &str = "something went wrong here; the log knows more of request";

fn user() -> Principal {
    Principal::User(Arc::new(alice()))
}

fn told_why(api: &mut MockSessionApi, outcome: disclose::Outcome) {
    api.expect_disclose().times(1).withf(|command| command.caller.origin.as_str() == "dood").return_const(outcome);
}

async fn login(
    error: log_in::Error,
    may_know: Option<disclose::Outcome>,
    speaks: fn(MockSessionApi) -> Dood,
) -> String {
    let mut api = MockSessionApi::new();
    api.expect_log_in().times(1).return_once(move |_| Err(error));
    if let Some(outcome) = may_know {
        told_why(&mut api, outcome);
    }
    Ask::post("/session/login/").form(LOGIN).over_tls().of(speaks(api)).await.text()
}

async fn registration(
    error: register::Error,
    may_know: Option<disclose::Outcome>,
    speaks: fn(MockSessionApi) -> Dood,
) -> String {
    let mut api = MockSessionApi::new();
    api.expect_register().times(1).return_once(move |_| Err(error));
    if let Some(outcome) = may_know {
        told_why(&mut api, outcome);
    }
    Ask::post("/session/register/").form(LOGIN).over_tls().of(speaks(api)).await.text()
}

#[rstest]
#[case(faithful)]
#[case(strict)]
#[case(deployed)]
#[tokio::test]
async fn a_session_is_told_in_one_shape_whatever_began_it(#[case] speaks: fn(MockSessionApi) -> Dood) {
    let api = || {
        let mut api = MockSessionApi::new();
        let outcome = || start_session::Outcome {
            view: view("dood", Principal::Anonymous),
            token: opaque(TOKEN),
            guard: Some(opaque(TOKEN)),
        };
        api.expect_start_session().returning(move |_| Ok(outcome()));
        api.expect_log_in().returning(|_| Ok(begun("dood", user())));
        api.expect_register().returning(|_| Ok(begun("dood", user())));
        speaks(api)
    };
    assert_eq!(Ask::get("/session/start/").of(api()).await.text(), SESSION);
    assert_eq!(Ask::post("/session/login/").form(LOGIN).over_tls().of(api()).await.text(), SESSION);
    assert_eq!(Ask::post("/session/register/").form(LOGIN).over_tls().of(api()).await.text(), SESSION);
}

#[tokio::test]
async fn a_logout_says_nothing_but_that_it_went_well() {
    let mut api = MockSessionApi::new();
    api.expect_end_session().return_once(|_| Ok(()));
    let answer = Ask::get(&format!("/session/logout/?session_key={TOKEN}")).of(faithful(api)).await;
    assert_eq!(answer.text(), "200\ncontent-type: application/json\n\n{\"code\":0}");
}

#[tokio::test]
async fn a_stranger_within_the_budget_is_told_what_was_wrong() {
    let granted = Some(disclose::Outcome::Granted);
    let unknown = told(401, 32, "nobody has this e-mail address");
    let wrong = told(401, 33, "wrong password");
    for speaks in [faithful as fn(_) -> _, deployed] {
        assert_eq!(login(log_in::Error::UnknownLogin, granted, speaks).await, unknown);
        for error in [log_in::Error::WrongPassword, log_in::Error::Disabled, log_in::Error::LacksRole] {
            assert_eq!(login(error, granted, speaks).await, wrong);
        }
    }
}

#[tokio::test]
async fn a_stranger_beyond_the_budget_is_told_nothing() {
    let all =
        [log_in::Error::UnknownLogin, log_in::Error::WrongPassword, log_in::Error::Disabled, log_in::Error::LacksRole];
    for error in all {
        assert_eq!(login(error, Some(disclose::Outcome::Withheld), faithful).await, "401");
    }
}

/// T003-1.
#[tokio::test]
async fn a_hardened_mount_has_one_answer_to_every_failed_login_and_asks_no_budget() {
    let all =
        [log_in::Error::UnknownLogin, log_in::Error::WrongPassword, log_in::Error::Disabled, log_in::Error::LacksRole];
    let one = told(401, 33, "wrong e-mail address or password");
    for error in all {
        assert_eq!(login(error, None, strict).await, one);
    }
    for form in ["email=alice&password=secret", "password=secret"] {
        let answer = Ask::post("/session/login/").form(form).over_tls().of(strict(MockSessionApi::new())).await;
        assert_eq!(answer.text(), one);
    }
}

#[tokio::test]
async fn a_login_that_was_not_decided_says_when_to_try_again() {
    let throttled = log_in::Error::Throttled { retry_after: RETRY };
    assert_eq!(login(throttled, None, faithful).await, later(429, 22, "too many attempts", 2));
    let unavailable = |seconds| later(503, 16, "the service is not available", seconds);
    let overloaded = log_in::Error::Overloaded { retry_after: Duration::ZERO };
    assert_eq!(login(overloaded, None, faithful).await, unavailable(1));
    assert_eq!(login(log_in::Error::Store(away()), None, faithful).await, unavailable(2));
    assert_eq!(
        login(log_in::Error::Store(corrupt()), None, faithful).await,
        told(500, 16, &format!("{GONE} {REQUEST_ID}"))
    );
}

#[tokio::test]
async fn a_failed_registration_is_200_as_documented_and_401_as_deployed() {
    let granted = Some(disclose::Outcome::Granted);
    for (speaks, status) in [(faithful as fn(_) -> _, 200), (strict, 200), (deployed, 401)] {
        assert_eq!(
            registration(register::Error::EmailTaken, granted, speaks).await,
            told(status, 34, "the e-mail address is taken")
        );
        assert_eq!(
            registration(register::Error::PasswordTooSimple, None, speaks).await,
            told(status, 36, "the password is too simple")
        );
        let ask = async |form| {
            Ask::post("/session/register/").form(form).over_tls().of(speaks(MockSessionApi::new())).await.text()
        };
        for form in ["email=alice&password=secret", "password=secret", "email=&password=secret", "email=@&password=x"] {
            assert_eq!(ask(form).await, told(status, 35, "the e-mail address is not valid"), "{form}");
        }
        for form in
            ["email=a@b.test", "email=a@b.test&password=", "email=a@b.test&password=%C5%82%C5%82%C5%82%C5%82%C5%82"]
        {
            assert_eq!(ask(form).await, told(status, 36, "the password is too simple"), "{form}");
        }
    }
}

/// T003-5.
#[tokio::test]
async fn a_registration_that_may_not_be_told_why_is_throttled() {
    let withheld = Some(disclose::Outcome::Withheld);
    for speaks in [faithful as fn(_) -> _, strict, deployed] {
        let answer = registration(register::Error::EmailTaken, withheld, speaks).await;
        assert_eq!(answer, later(429, 22, "too many attempts", 3600));
    }
}

#[tokio::test]
async fn every_other_failure_of_a_registration_has_its_status() {
    let failing = async |error| registration(error, None, faithful).await;
    assert_eq!(
        failing(register::Error::BirthdateInFuture).await,
        told(400, 48, "birthdate must be a past date in the form DDMMYYYY")
    );
    let throttled = register::Error::Throttled { retry_after: RETRY };
    assert_eq!(failing(throttled).await, later(429, 22, "too many attempts", 2));
    let overloaded = register::Error::Overloaded { retry_after: RETRY };
    assert_eq!(failing(overloaded).await, later(503, 16, "the service is not available", 2));
    assert_eq!(failing(register::Error::Store(away())).await, later(503, 16, "the service is not available", 2));
    assert_eq!(failing(register::Error::Store(corrupt())).await, told(500, 16, &format!("{GONE} {REQUEST_ID}")));
}

#[tokio::test]
async fn a_store_that_is_away_is_told_to_whoever_starts_or_logs_out() {
    let away_now = later(503, 16, "the service is not available", 2);
    let mut api = MockSessionApi::new();
    api.expect_start_session().return_once(|_| Err(start_session::Error::Store(away())));
    assert_eq!(Ask::get("/session/start/").of(faithful(api)).await.text(), away_now);

    let log_out = async |error| {
        let mut api = MockSessionApi::new();
        api.expect_end_session().return_once(move |_| Err(error));
        Ask::get(&format!("/session/logout/?session_key={TOKEN}")).of(faithful(api)).await.text()
    };
    assert_eq!(log_out(end_session::Error::Store(away())).await, away_now);
    assert_eq!(
        log_out(end_session::Error::UnknownSession).await,
        told(401, 17, "no session has this key, or it is over")
    );
}
