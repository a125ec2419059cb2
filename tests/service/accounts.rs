//! Accounts: a password is changed, reset or taken away, and with it goes everything that the old one let in.

use std::time::Duration;

use reqwest::Method;
use serde_json::json;
use tokio::task::JoinSet;
use vestibule_domain::message::EventKind;
use vestibule_tests::{Answer, Doors, PASSWORD, TestApp, Visitor};

use crate::throttling::{logged, url_of};

const NEW: &str = "kot na dachu";

async fn change(app: &TestApp, login: &str, password: &str, new_password: &str) -> Answer {
    let body = json!({ "login": login, "password": password, "new_password": new_password });
    app.post_json("/account/password", body).await
}

async fn reset(app: &TestApp, token: &str, new_password: &str) -> Answer {
    app.post_json("/account/reset", json!({ "token": token, "new_password": new_password })).await
}

/// A token with which `ann` resets her password.
async fn reset_token(app: &TestApp) -> String {
    let issued = app.operator.issue_reset_token("ann", Duration::from_mins(10)).await.unwrap();
    issued.token.expose().to_owned()
}

async fn log_in(app: &TestApp, password: &str) -> u16 {
    app.post_json("/session/login", json!({ "login": "ann", "password": password })).await.status
}

/// A session of `ann` through each API.
async fn begin_everywhere(doors: &Doors) -> Vec<String> {
    let mut tokens = Vec::new();
    for begin in Visitor::BEGIN {
        tokens.push(doors.begin(begin).await);
    }
    tokens
}

async fn assert_over_everywhere(doors: &Doors, tokens: &[String]) {
    for (begin, token) in Visitor::BEGIN.iter().zip(tokens) {
        for read in Visitor::READ {
            assert!(!doors.reads(read, token).await, "begun by {begin}, accepted by {read}");
        }
    }
}

fn assert_done(answer: &Answer) {
    assert_eq!((answer.status, answer.body.as_str()), (204, ""));
    assert!(answer.headers.get("set-cookie").is_none(), "nobody is logged in by it");
    assert_eq!(answer.header("cache-control"), "no-store");
}

fn assert_problem(answer: &Answer, status: u16, code: &str) {
    assert_eq!((answer.status, answer.text("/code").as_str()), (status, code), "{}", answer.body);
    assert_eq!(
        (answer.header("content-type"), answer.header("cache-control")),
        ("application/problem+json", "no-store")
    );
}

/// P11.
#[tokio::test]
async fn a_changed_password_ends_every_session_in_every_api() {
    let doors = Doors::open("").await;
    let bob = doors.app.user("bob", &[]).await;
    let bobs = doors.app.post_json("/session/login", json!({ "login": "bob", "password": PASSWORD })).await;
    let tokens = begin_everywhere(&doors).await;
    assert_done(&change(&doors.app, "ann@example.com", PASSWORD, NEW).await);
    assert_over_everywhere(&doors, &tokens).await;
    assert_eq!((log_in(&doors.app, PASSWORD).await, log_in(&doors.app, NEW).await), (401, 201));
    let cookie = format!("JSESSIONID={}", bobs.cookie("JSESSIONID").unwrap());
    let details = doors.app.request(Method::GET, "/session/user/details").header("cookie", cookie);
    assert_eq!(doors.app.send(details).await.text("/guid"), bob.id.to_string(), "another user's session lives");
    assert_eq!(logged(&url_of(&doors.app), EventKind::PasswordChanged).await, 1);
}

#[tokio::test]
async fn a_reset_password_ends_every_session_in_every_api_and_begins_none() {
    let doors = Doors::open("").await;
    let tokens = begin_everywhere(&doors).await;
    let issued = doors.app.command(&["user", "reset", "ann", "--json"], "").await;
    let issued: serde_json::Value = serde_json::from_slice(&issued.stdout).unwrap();
    assert!(doors.reads("vprotect bearer", &tokens[0]).await, "a token that was only issued changes nothing");
    assert_done(&reset(&doors.app, issued["token"].as_str().unwrap(), NEW).await);
    assert_over_everywhere(&doors, &tokens).await;
    assert_eq!((log_in(&doors.app, PASSWORD).await, log_in(&doors.app, NEW).await), (401, 201));
    let url = url_of(&doors.app);
    let counts = (logged(&url, EventKind::PasswordResetIssued).await, logged(&url, EventKind::PasswordReset).await);
    assert_eq!(counts, (1, 1));
}

#[tokio::test]
async fn a_disabled_user_has_no_session_gets_none_and_changes_nothing() {
    let doors = Doors::open("").await;
    let (app, tokens) = (&doors.app, begin_everywhere(&doors).await);
    let token = reset_token(app).await;
    assert!(app.command(&["user", "disable", "ann"], "").await.status.success());
    assert_over_everywhere(&doors, &tokens).await;
    let refused = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    let unknown = app.post_json("/session/login", json!({ "login": "nobody", "password": PASSWORD })).await;
    assert_eq!((refused.status, &refused.body), (401, &unknown.body));
    assert_problem(&change(app, "ann", PASSWORD, NEW).await, 403, "wrong_credentials");
    assert_problem(&reset(app, &token, NEW).await, 403, "unknown_token");
    assert!(app.command(&["user", "enable", "ann"], "").await.status.success());
    assert_over_everywhere(&doors, &tokens).await;
    assert_eq!(log_in(app, PASSWORD).await, 201);
    assert_problem(&reset(app, &token, NEW).await, 403, "unknown_token");
}

/// P11.
#[tokio::test]
async fn a_wrong_present_password_is_refused_like_an_unknown_user_and_counted_like_any_login() {
    let doors = Doors::open("[throttle]\naccount_failures = 3").await;
    let app = &doors.app;
    let unknown = change(app, "nobody", "wrong", NEW).await;
    for _ in 0..3 {
        let wrong = change(app, "ann", "wrong", NEW).await;
        assert_problem(&wrong, 403, "wrong_credentials");
        assert_eq!(wrong.body, unknown.body);
    }
    let throttled = change(app, "ann", PASSWORD, NEW).await;
    assert_problem(&throttled, 429, "too_many_attempts");
    assert!(!throttled.header("retry-after").is_empty());
    assert_eq!(log_in(app, PASSWORD).await, 429, "the budget is that of every door");
    app.clock.advance(Duration::from_mins(1));
    assert_eq!(log_in(app, PASSWORD).await, 201, "and the password is the same");
}

/// P12.
#[tokio::test]
async fn a_reset_token_is_good_once_however_many_present_it() {
    let doors = Doors::open("").await;
    let token = reset_token(&doors.app).await;
    let mut redeemers = JoinSet::new();
    for number in 0..50 {
        let (url, token) = (doors.app.authority().to_owned(), token.clone());
        redeemers.spawn(async move {
            let body = json!({ "token": token, "new_password": format!("kot {number} na dachu") });
            let answer = reqwest::Client::new().post(format!("http://{url}/account/reset")).json(&body).send().await;
            (number, answer.unwrap().status().as_u16())
        });
    }
    let answers = redeemers.join_all().await;
    let won: Vec<i32> = answers.iter().filter(|(_, status)| *status == 204).map(|(number, _)| *number).collect();
    assert_eq!(won.len(), 1, "{answers:?}");
    assert!(answers.iter().all(|(_, status)| matches!(status, 204 | 403)), "{answers:?}");
    assert_eq!(log_in(&doors.app, &format!("kot {} na dachu", won[0])).await, 201);
}

/// P12.
#[tokio::test]
async fn wrong_late_spent_and_borrowed_tokens_are_answered_alike_and_spend_nothing() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let login_token = async || {
        let issued = app.operator.issue_login_token("ann", Duration::from_mins(10)).await.unwrap();
        issued.token.expose().to_owned()
    };
    let late = reset_token(app).await;
    app.clock.advance(Duration::from_mins(10));
    let (to_log_in, to_reset) = (login_token().await, reset_token(app).await);
    for token in ["nonsense", "c473472d-c085-4043-9bf0-ee80bff73d40", &late, &to_log_in] {
        assert_problem(&reset(app, token, NEW).await, 403, "unknown_token");
    }
    let log_in_with = async |token: &str| app.post_json("/session/login-with-token", json!({ "token": token })).await;
    assert_eq!(log_in_with(&to_reset).await.status, 401, "what resets a password lets nobody in");
    assert_eq!(log_in_with(&to_log_in).await.status, 201);
    let left_over = (login_token().await, reset_token(app).await);
    assert_done(&reset(app, &to_reset, NEW).await);
    assert_problem(&reset(app, &to_reset, "m0stek nad Wartą").await, 403, "unknown_token");
    assert_eq!(log_in_with(&left_over.0).await.status, 401, "the other tokens went with the password");
    assert_problem(&reset(app, &left_over.1, NEW).await, 403, "unknown_token");

    let (to_log_in, to_reset) = (login_token().await, reset_token(app).await);
    assert_done(&change(app, "ann", NEW, PASSWORD).await);
    assert_eq!(log_in_with(&to_log_in).await.status, 401);
    assert_problem(&reset(app, &to_reset, NEW).await, 403, "unknown_token");
}

#[tokio::test]
async fn guesses_at_reset_tokens_run_out() {
    let doors = Doors::open("[throttle]\naddress_failures = 3").await;
    let token = reset_token(&doors.app).await;
    for _ in 0..3 {
        assert_problem(&reset(&doors.app, "nonsense", NEW).await, 403, "unknown_token");
    }
    assert_problem(&reset(&doors.app, &token, NEW).await, 429, "too_many_attempts");
    doors.app.clock.advance(Duration::from_mins(1));
    assert_done(&reset(&doors.app, &token, NEW).await);
}

#[tokio::test]
async fn a_new_password_that_is_too_simple_is_told_why_and_nothing_is_lost() {
    let doors = Doors::open("").await;
    let (app, token) = (&doors.app, reset_token(&doors.app).await);
    let session = doors.begin("vprotect").await;
    for (simple, code) in [
        ("k7#qz", "password_too_short"),
        ("qwerty", "password_too_guessable"),
        ("ann@example.com", "password_too_guessable"),
        ("vestibule1", "password_too_guessable"),
        ("platformos", "password_too_guessable"),
        (&"k7#qzw".repeat(171), "password_too_long"),
    ] {
        assert_problem(&change(app, "ann", PASSWORD, simple).await, 422, code);
        assert_problem(&reset(app, &token, simple).await, 422, code);
    }
    let told = change(app, "ann", PASSWORD, "k7#qz").await.text("/detail");
    assert_eq!(told, "the password must have at least 6 characters");
    assert!(doors.reads("vprotect bearer", &session).await);
    assert_done(&reset(app, &token, NEW).await);

    let hardened = TestApp::with("profile = \"hardened\"").await;
    hardened.user("ann", &[]).await;
    assert_problem(&change(&hardened, "ann", PASSWORD, "qvhxkzrmtwpdnb").await, 422, "password_too_short");
    assert_done(&change(&hardened, "ann", PASSWORD, "qvhxkzrmtwpdnbf").await);
}

#[tokio::test]
async fn either_the_password_changes_and_the_sessions_end_or_neither() {
    let doors = Doors::open("").await;
    let (app, session) = (&doors.app, doors.begin("vprotect").await);
    let token = reset_token(app).await;
    app.sql("ALTER TABLE sessions RENAME TO elsewhere").await;
    assert_problem(&change(app, "ann", PASSWORD, NEW).await, 503, "unavailable");
    assert_problem(&reset(app, &token, NEW).await, 503, "unavailable");
    app.sql("ALTER TABLE elsewhere RENAME TO sessions").await;
    assert!(doors.reads("vprotect bearer", &session).await);
    assert_eq!((log_in(app, NEW).await, log_in(app, PASSWORD).await), (401, 201));
    assert_done(&reset(app, &token, NEW).await);
}

#[tokio::test]
async fn passwords_from_other_sites_or_in_plain_text_from_elsewhere_are_not_taken() {
    let app = TestApp::with("[server]\ntrusted_proxies = [\"127.0.0.1\"]").await;
    app.user("ann", &[]).await;
    let post = |name: &'static str, value: &'static str| {
        let body = json!({ "login": "ann", "password": PASSWORD, "new_password": NEW });
        let request = app.request(Method::POST, "/account/password").json(&body).header("x-forwarded-for", "192.0.2.9");
        app.send(request.header(name, value))
    };
    assert_problem(&post("x-forwarded-proto", "http").await, 403, "insecure_transport");
    assert_problem(&post("origin", "https://evil.example").await, 403, "cross_site");
    assert_done(&post("x-forwarded-proto", "https").await);
}

#[tokio::test]
async fn an_operator_can_do_without_this_api() {
    let app = TestApp::with("[account]\nenabled = false").await;
    app.user("ann", &[]).await;
    for answer in [change(&app, "ann", PASSWORD, NEW).await, reset(&app, &reset_token(&app).await, NEW).await] {
        assert_problem(&answer, 404, "not_found");
    }
}
