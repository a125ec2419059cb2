//! What every outcome of every operation looks like.

use rstest::rstest;
use vestibule_application::{
    ports::StoreError,
    use_cases::{check_status, describe_session, describe_user, end_session, log_in, log_in_with_token},
};

use super::*;
use crate::testing::{REQUEST_ID, away, begun, corrupt, view};

const RETRY: Duration = Duration::from_millis(1500);

const INFO: &str = r#"{"lastSuccessfulLogin":1451677502000,"lastFailedLogin":1451649601000,"uiTimeZone":"Europe/Warsaw","language":"en","privileges":["system.log","system.users"],"requester":{"guid":"00000000-0000-0000-0000-0000000a11ce","name":"alice"}}"#;
const NODE_INFO: &str = r#"{"lastSuccessfulLogin":1784628000000,"lastFailedLogin":null,"uiTimeZone":"UTC","language":"en","privileges":["system.log"],"requester":{"guid":"f8f73bf9-2445-4bce-a7dd-753be3b40a67","name":"node-1"}}"#;
const DETAILS: &str = r#"{"guid":"00000000-0000-0000-0000-0000000a11ce","lastSuccessfulLogin":1451677502000,"lastFailedLogin":1451649601000,"uiTimeZone":"Europe/Warsaw","login":"alice","email":"alice@example.com","firstName":"Alice","lastName":"Nowak","roles":["admin"]}"#;
const BARE_DETAILS: &str = r#"{"guid":"00000000-0000-0000-0000-0000000a11ce","lastSuccessfulLogin":null,"lastFailedLogin":null,"uiTimeZone":"UTC","login":"alice","email":"alice@example.com","firstName":null,"lastName":null,"roles":["admin"]}"#;

const CLEARED: &str = "JSESSIONID=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure";

/// The three ways in, with a body for each.
const DOORS: [(&str, &str); 3] = [
    ("/session/login", LOGIN),
    ("/session/node/login", r#"{"name":"node-1","secret":"s"}"#),
    ("/session/login-with-token", r#"{"token":"c473472d-c085-4043-9bf0-ee80bff73d40"}"#),
];

fn later(seconds: u16, status: u16, code: &str, message: &str) -> String {
    told_with(&format!("retry-after: {seconds}"), status, code, message)
}

fn unavailable() -> String {
    later(2, 503, "unavailable", "the service is not available")
}

fn broken() -> String {
    let message = format!("something went wrong here; the log knows more of request {REQUEST_ID}");
    told(500, "internal", &message)
}

#[rstest]
#[case(documented, 201)]
#[case(strict, 201)]
#[case(deployed, 200)]
#[tokio::test]
async fn every_login_tells_of_the_session_and_sets_the_cookie(
    #[case] speaks: fn(MockSessionApi) -> Vprotect,
    #[case] status: u16,
) {
    for ((path, body), info) in DOORS.into_iter().zip([INFO, NODE_INFO, INFO]) {
        let mut api = MockSessionApi::new();
        let principal = if info == NODE_INFO { node() } else { user() };
        api.expect_log_in().returning(move |_| Ok(begun("vprotect", principal.clone())));
        api.expect_log_in_with_token().returning(|_| Ok(begun("vprotect", user())));
        let answer = Ask::post(path).json(body).of(speaks(api)).await;
        let cookie = format!("JSESSIONID={TOKEN}; Path=/; Max-Age=43200; HttpOnly; SameSite=Lax; Secure");
        assert_eq!(
            answer.text(),
            format!("{status}\ncontent-type: application/json\nset-cookie: {cookie}\n\n{info}"),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_cookie_covers_the_mount_and_is_secure_only_on_an_https_site() {
    let site = crate::dialect::Site { public_url: "http://localhost:8080/".parse().unwrap(), is_fixed: false };
    let mut api = MockSessionApi::new();
    api.expect_log_in().returning(|_| Ok(begun("vprotect", user())));
    let dialect = at(Context { prefix: "/console".to_owned(), site: std::sync::Arc::new(site), ..context(api) });
    let answer = Ask::post("/console/session/login").json(LOGIN).at("/console", dialect).await;
    let cookie = format!("JSESSIONID={TOKEN}; Path=/console; Max-Age=43200; HttpOnly; SameSite=Lax");
    assert_eq!(answer.header("set-cookie"), cookie);
}

async fn login(error: log_in::Error, speaks: fn(MockSessionApi) -> Vprotect) -> String {
    let mut api = MockSessionApi::new();
    api.expect_log_in().times(1).return_once(move |_| Err(error));
    Ask::post("/session/login").json(LOGIN).of(speaks(api)).await.text()
}

async fn token_login(error: log_in_with_token::Error, speaks: fn(MockSessionApi) -> Vprotect) -> String {
    let (path, body) = DOORS[2];
    let mut api = MockSessionApi::new();
    api.expect_log_in_with_token().times(1).return_once(move |_| Err(error));
    Ask::post(path).json(body).of(speaks(api)).await.text()
}

#[rstest]
#[case(documented, 401)]
#[case(strict, 401)]
#[case(deployed, 400)]
#[tokio::test]
async fn credentials_that_let_nobody_in_have_one_answer(
    #[case] speaks: fn(MockSessionApi) -> Vprotect,
    #[case] status: u16,
) {
    let one = told(status, "wrong_credentials", "these credentials let nobody in");
    let all =
        [log_in::Error::UnknownLogin, log_in::Error::WrongPassword, log_in::Error::Disabled, log_in::Error::LacksRole];
    for error in all {
        assert_eq!(login(error, speaks).await, one);
    }
    for error in [log_in_with_token::Error::UnknownToken, log_in_with_token::Error::Disabled] {
        assert_eq!(token_login(error, speaks).await, one);
    }
    let long = format!(r#"{{"login":"a","password":"{}"}}"#, "x".repeat(1025));
    for (path, body) in [
        ("/session/login", r#"{"login":"","password":"x"}"#),
        ("/session/login", r#"{"login":"a\u0000","password":"x"}"#),
        ("/session/login", r#"{"login":"a","password":""}"#),
        ("/session/login", &*long),
        ("/session/node/login", r#"{"guid":"node-1","secret":"x"}"#),
        ("/session/node/login", r#"{"guid":"","name":"node-1","secret":"x"}"#),
        ("/session/node/login", r#"{"name":"a b","secret":"x"}"#),
        ("/session/node/login", r#"{"name":"node-1","secret":""}"#),
    ] {
        let answer = Ask::post(path).json(body).of(speaks(MockSessionApi::new())).await;
        assert_eq!(answer.text(), one, "{path} {body}");
    }
}

#[tokio::test]
async fn a_login_that_was_not_decided_says_when_to_try_again() {
    let throttled = later(2, 429, "throttled", "too many attempts");
    assert_eq!(login(log_in::Error::Throttled { retry_after: RETRY }, documented).await, throttled);
    assert_eq!(token_login(log_in_with_token::Error::Throttled { retry_after: RETRY }, documented).await, throttled);
    assert_eq!(login(log_in::Error::Overloaded { retry_after: RETRY }, documented).await, unavailable());
    assert_eq!(login(log_in::Error::Store(away()), documented).await, unavailable());
    assert_eq!(login(log_in::Error::Store(corrupt()), documented).await, broken());
    assert_eq!(token_login(log_in_with_token::Error::Store(away()), documented).await, unavailable());
    assert_eq!(token_login(log_in_with_token::Error::Store(corrupt()), documented).await, broken());
}

/// T004-5.
#[tokio::test]
async fn the_status_is_204_and_503_while_the_store_is_away() {
    let status = async |method, result: Result<(), StoreError>| {
        let mut api = MockSessionApi::new();
        api.expect_check_status().times(1).return_once(|_| result.map_err(check_status::Error::Store));
        // What needs no session does not look for one.
        Ask::new(method, "/session").header("cookie", "JSESSIONID=nonsense").of(documented(api)).await.text()
    };
    assert_eq!(status("GET", Ok(())).await, "204");
    assert_eq!(status("HEAD", Ok(())).await, "204");
    assert_eq!(status("GET", Err(away())).await, unavailable());
    assert_eq!(status("GET", Err(corrupt())).await, broken());
}

#[rstest]
#[case(documented, 201)]
#[case(deployed, 204)]
#[tokio::test]
async fn a_logout_ends_the_session_and_takes_the_cookie_back(
    #[case] speaks: fn(MockSessionApi) -> Vprotect,
    #[case] status: u16,
) {
    let log_out = async |result: Result<(), end_session::Error>| {
        let mut api = MockSessionApi::new();
        api.expect_end_session().times(1).return_once(move |_| result);
        with_session(Ask::post("/session/logout")).of(speaks(api)).await.text()
    };
    assert_eq!(log_out(Ok(())).await, format!("{status}\nset-cookie: {CLEARED}"));
    let nothing_to_end =
        told_with(&format!("set-cookie: {CLEARED}"), 401, "no_session", "there is no live session in this request");
    assert_eq!(log_out(Err(end_session::Error::UnknownSession)).await, nothing_to_end);
    // The session may live on, and its holder may want to try again.
    assert_eq!(log_out(Err(end_session::Error::Store(away()))).await, unavailable());
    assert_eq!(log_out(Err(end_session::Error::Store(corrupt()))).await, broken());
    for cookie in ["JSESSIONID=nonsense", "OTHER=x"] {
        let ask = Ask::post("/session/logout").header("cookie", cookie);
        assert_eq!(ask.of(speaks(MockSessionApi::new())).await.text(), nothing_to_end);
    }
}

#[tokio::test]
async fn a_session_is_described_to_whoever_holds_it() {
    let describe = async |result: Result<Principal, describe_session::Error>| {
        let mut api = MockSessionApi::new();
        api.expect_describe_session().times(1).return_once(|_| result.map(|principal| view("vprotect", principal)));
        with_session(Ask::get("/session/user")).of(documented(api)).await.text()
    };
    assert_eq!(describe(Ok(user())).await, format!("200\ncontent-type: application/json\n\n{INFO}"));
    assert_eq!(describe(Ok(node())).await, format!("200\ncontent-type: application/json\n\n{NODE_INFO}"));
    assert_eq!(describe(Ok(Principal::Anonymous)).await, no_session());
    assert_eq!(describe(Ok(Principal::Setup)).await, no_session());
    assert_eq!(describe(Err(describe_session::Error::UnknownSession)).await, no_session());
    assert_eq!(describe(Err(describe_session::Error::Store(away()))).await, unavailable());
    assert_eq!(describe(Err(describe_session::Error::Store(corrupt()))).await, broken());
}

#[tokio::test]
async fn a_user_is_described_to_themselves_and_a_node_is_no_user() {
    let describe = async |result: Result<User, describe_user::Error>| {
        let mut api = MockSessionApi::new();
        api.expect_describe_user().times(1).return_once(|_| result);
        with_session(Ask::get("/session/user/details?guid=other")).of(documented(api)).await.text()
    };
    assert_eq!(describe(Ok(known_alice())).await, format!("200\ncontent-type: application/json\n\n{DETAILS}"));
    assert_eq!(describe(Ok(alice())).await, format!("200\ncontent-type: application/json\n\n{BARE_DETAILS}"));
    assert_eq!(describe(Err(describe_user::Error::UnknownSession)).await, no_session());
    let of_a_node = told(403, "not_a_user", "the session is a node's");
    assert_eq!(describe(Err(describe_user::Error::NotAUser)).await, of_a_node);
    assert_eq!(describe(Err(describe_user::Error::Store(away()))).await, unavailable());
    assert_eq!(describe(Err(describe_user::Error::Store(corrupt()))).await, broken());
}

#[tokio::test]
async fn what_is_at_hand_is_told_without_asking() {
    let mut at_hand = MockAtHandApi::new();
    at_hand.expect_described().returning(|command, _| {
        assert_eq!((command.caller.origin.as_str(), command.bearer.expose()), ("vprotect", TOKEN));
        Some(view("vprotect", user()))
    });
    let dialect = at(Context { at_hand: Arc::new(at_hand), ..context(MockSessionApi::new()) });
    let answer = Ask::get("/session/user").header("authorization", &format!("Bearer {TOKEN}")).of(dialect).await;
    assert_eq!(answer.text(), format!("200\ncontent-type: application/json\n\n{INFO}"));
}
