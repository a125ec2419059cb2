//! Guessing: how often it is tried out at all, whichever door and process it comes through, and who is shut out by it.

use std::time::Duration;

use reqwest::{Method, RequestBuilder};
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;
use tokio::task::JoinSet;
use vestibule_domain::message::EventKind;
use vestibule_tests::{
    Answer, Caller, Doors, PASSWORD, TestApp,
    places::{MYSQL, POSTGRES, REDIS, REDIS_CLUSTER, sessions_on, storage_on},
};

use crate::several_nodes::nodes::Nodes;

const PROXY: &str = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";

const DOORS: [&str; 5] = ["easydb", "dialogram", "platformos", "dood", "vprotect"];

/// A login of `ann` through a door.
async fn login(at: &Caller, door: &str, api_token: &str, password: &str, from: &str) -> Answer {
    // Some take passwords from afar only over TLS.
    let forwarded = |request: RequestBuilder| {
        request.header("x-forwarded-for", from.to_owned()).header("x-forwarded-proto", "https")
    };
    let post = |path: &str| forwarded(at.request(Method::POST, path));
    let request = match door {
        "easydb" => {
            let token = at.send(forwarded(at.request(Method::GET, "/api/session"))).await.text("/token");
            post("/api/session/authenticate").form(&[
                ("token", token.as_str()),
                ("login", "ann"),
                ("password", password),
            ])
        }
        "dialogram" => post("/api/session").json(&json!({ "email": "ann@example.com", "password": password })),
        "platformos" => {
            let form = json!({ "email": "ann@example.com", "password": password });
            let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
            post("/api/sessions").json(&body).header("authorization", format!("Token token={api_token}"))
        }
        "dood" => post("/session/login/").form(&[("email", "ann@example.com"), ("password", password)]),
        _ => post("/session/login").json(&json!({ "login": "ann", "password": password })),
    };
    at.send(request).await
}

/// Whether a login was refused unlooked at; then it says when to come back.
fn is_throttled(answer: &Answer) -> bool {
    let throttled = answer.status == 429 || answer.body.contains("login_blocked");
    assert_eq!(throttled, !answer.header("retry-after").is_empty(), "{answer:?}");
    throttled
}

/// How many messages of this kind are in the log of the database at this URL.
pub(crate) async fn logged(url: &str, kind: EventKind) -> i64 {
    let database = Database::connect(url).await.unwrap();
    let count = format!("SELECT COUNT(*) FROM messages WHERE kind = '{}'", kind.name());
    let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), count)).await.unwrap();
    database.close().await.unwrap();
    row.unwrap().try_get_by(0).unwrap()
}

pub(crate) fn url_of(app: &TestApp) -> String {
    format!("sqlite://{}", app.directory().join("data/vestibule.db").display())
}

#[tokio::test]
async fn whoever_is_attacked_from_everywhere_still_logs_in_from_where_they_did_before() {
    const HOME: &str = "198.51.100.7";
    let doors = Doors::open(PROXY).await;
    let (app, token) = (&doors.app, doors.ann.api_token.as_str());
    assert_eq!(login(app, "vprotect", token, PASSWORD, HOME).await.status, 201);
    let (mut compared, mut refused) = (0, 0);
    for minute in 0..8_u8 {
        for host in 0..50_u8 {
            let from =
                if host % 2 == 0 { format!("203.0.{minute}.{host}") } else { format!("2001:db8:{minute}:{host}::1") };
            let guess = login(app, DOORS[usize::from(host) % 5], token, "a wrong guess", &from).await;
            *(if is_throttled(&guess) { &mut refused } else { &mut compared }) += 1;
        }
        for door in DOORS {
            let own = login(app, door, token, PASSWORD, HOME).await;
            assert!(!is_throttled(&own) && own.status < 300, "{door} in minute {minute}: {own:?}");
        }
        // A right guess is no better than a wrong one.
        assert!(is_throttled(&login(app, "dood", token, PASSWORD, "203.0.113.1").await), "in minute {minute}");
        app.clock.advance(Duration::from_secs(61));
    }
    assert_eq!((compared, refused), (100, 300), "20 in each minute, and 100 in an hour");
    assert_eq!(logged(&url_of(app), EventKind::AuthenticationFailed).await, 100, "what is refused is no failed login");
    // Four times for those of a minute, then once for those of an hour, which have to be waited for longer.
    assert_eq!(logged(&url_of(app), EventKind::LoginsThrottled).await, 5);
    let own_mistakes = login(app, "vprotect", token, "a slip", HOME).await;
    assert_eq!((own_mistakes.status, is_throttled(&own_mistakes)), (401, false));
}

#[tokio::test]
async fn only_failures_use_a_budget_up() {
    let doors = Doors::open(&format!("{PROXY}[throttle]\naccount_failures = 2\naddress_failures = 3\n")).await;
    let token = doors.ann.api_token.as_str();
    for number in 0..15 {
        let there = format!("192.0.2.{number}");
        for from in [&there, "192.0.2.99"] {
            let answer = login(&doors.app, DOORS[number % 5], token, PASSWORD, from).await;
            assert!(answer.status < 300, "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_leaked_api_token_is_no_way_around_and_shuts_nobody_out() {
    let doors = Doors::open(&format!("{PROXY}[throttle]\nclient_failures = 5\n")).await;
    let (app, token) = (&doors.app, doors.ann.api_token.as_str());
    assert!(login(app, "platformos", token, PASSWORD, "198.51.100.7").await.status < 300);
    let mut compared = 0;
    for number in 0..10_u8 {
        // Another account each time, from another address.
        let form = json!({ "email": format!("user{number}@example.com"), "password": "a wrong guess" });
        let body = json!({ "form_name": "reference_rest_api_create_sessions", "form": form });
        let request = app.request(Method::POST, "/api/sessions").json(&body);
        let request = request.header("x-forwarded-for", format!("203.0.113.{number}"));
        let request = request.header("x-forwarded-proto", "https");
        let guess = app.send(request.header("authorization", format!("Token token={token}"))).await;
        compared += usize::from(!is_throttled(&guess));
    }
    assert_eq!(compared, 5);
    assert!(login(app, "platformos", token, PASSWORD, "198.51.100.7").await.status < 300);
    assert!(!is_throttled(&login(app, "vprotect", token, "wrong", "203.0.113.77").await), "other doors are open");
}

/// Guesses at once on two processes from everywhere, of which no more are compared than the limit says.
async fn processes_share_their_budgets(storage: &str) {
    let throttle = format!("{PROXY}[throttle]\naccount_failures = 10\naccount_window = \"1h\"\n");
    let nodes = Nodes::start(&format!("{storage}{throttle}"), 2).await;
    let add = ["user", "add", "--login", "ann", "--email", "ann@example.com", "--password-stdin"];
    nodes.operate(&add, &format!("{PASSWORD}\n")).await;
    assert_eq!(login(nodes.at(0), "vprotect", "", PASSWORD, "198.51.100.7").await.status, 201);
    let mut guesses = JoinSet::new();
    for number in 0..200 {
        let at = nodes.at(number).clone();
        guesses.spawn(async move {
            let from = format!("203.0.113.{number}");
            is_throttled(&login(&at, DOORS[3 + number % 2], "", "a wrong guess", &from).await)
        });
    }
    let refused = guesses.join_all().await.into_iter().filter(|refused| *refused).count();
    assert_eq!(refused, 190);
    let (_, url) = storage.split_once("url = \"").unwrap();
    let url = url.split('"').next().unwrap();
    assert_eq!(logged(url, EventKind::AuthenticationFailed).await, 10);
    assert_eq!(logged(url, EventKind::LoginsThrottled).await, 1);
    for node in 0..2 {
        let own = login(nodes.at(node), "vprotect", "", PASSWORD, "198.51.100.7").await;
        assert_eq!(own.status, 201, "{own:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_their_budgets_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    processes_share_their_budgets(&storage).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_their_budgets_on_mysql() {
    let Some(storage) = storage_on(MYSQL).await else { return };
    processes_share_their_budgets(&storage).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_their_budgets_on_redis() {
    let (Some(storage), Some(sessions)) = (storage_on(POSTGRES).await, sessions_on(REDIS)) else { return };
    processes_share_their_budgets(&(storage + &sessions)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_their_budgets_on_a_redis_cluster() {
    let (Some(storage), Some(sessions)) = (storage_on(POSTGRES).await, sessions_on(REDIS_CLUSTER)) else { return };
    processes_share_their_budgets(&(storage + &sessions)).await;
}
