//! `/metrics`: every promised series is there, tells the truth, and has no label that callers could make grow.

use std::collections::{BTreeMap, BTreeSet};

use reqwest::Method;
use serde_json::json;
use tokio::time::{Duration, Instant, sleep};
use vestibule_tests::{Answer, Caller, Doors, PASSWORD, TestApp, places};

/// The families that are promised of a service on a SQLite file, as it ships; see `docs/howto/observe.md`. On other stores some
/// are missing: those of the cache where it does not apply, those of the database's connections where there are none.
const PROMISED: [&str; 30] = [
    "vestibule_build_info",
    "vestibule_uptime_seconds",
    "vestibule_part_up",
    "vestibule_connections_open",
    "vestibule_connections_accepted_total",
    "vestibule_connections_refused_total",
    "vestibule_http_requests_total",
    "vestibule_http_request_duration_seconds_bucket",
    "vestibule_requests_refused_total",
    "vestibule_hash_queue_depth",
    "vestibule_hash_refused_total",
    "vestibule_hash_wait_seconds_bucket",
    "vestibule_hash_duration_seconds_bucket",
    "vestibule_throttled_total",
    "vestibule_keys",
    "vestibule_signing_key_age_seconds",
    "vestibule_key_rotations_total",
    "vestibule_store_commits_total",
    "vestibule_store_commit_duration_seconds_bucket",
    "vestibule_db_connections_open",
    "vestibule_db_connections_idle",
    "vestibule_cache_hits_total",
    "vestibule_cache_misses_total",
    "vestibule_cache_entries",
    "vestibule_sessions_live",
    "vestibule_sweeps_total",
    "vestibule_sweeps_failed_total",
    "vestibule_sessions_expired_total",
    "vestibule_rows_forgotten_total",
    "vestibule_store_commit_duration_seconds_count",
];

async fn fetch(app: &TestApp) -> BTreeMap<String, f64> {
    read(&app.admin.get("/metrics").await)
}

/// The page as series and values.
fn read(answer: &Answer) -> BTreeMap<String, f64> {
    assert_eq!(
        (answer.status, answer.header("content-type")),
        (200, "application/openmetrics-text; version=1.0.0; charset=utf-8")
    );
    assert!(answer.body.ends_with("# EOF\n"), "{}", answer.body);
    let lines = answer.body.lines().filter(|line| !line.starts_with('#'));
    lines
        .map(|line| line.rsplit_once(' ').map(|(series, value)| (series.to_owned(), value.parse().unwrap())).unwrap())
        .collect()
}

/// The promised families that are not there even once the first sweep has been, which is at the start, but somewhere beside.
pub(super) async fn missing(admin: &Caller) -> Vec<&'static str> {
    let begun = Instant::now();
    loop {
        let page = read(&admin.get("/metrics").await);
        let families = families(&page);
        let missing: Vec<_> = PROMISED.into_iter().filter(|promised| !families.contains(promised)).collect();
        if page["vestibule_sweeps_total"] > 0.0 || begun.elapsed() > Duration::from_secs(20) {
            return missing;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

fn families(page: &BTreeMap<String, f64>) -> BTreeSet<&str> {
    page.keys().map(|series| series.split('{').next().unwrap()).collect()
}

#[tokio::test]
async fn every_promised_series_is_there_from_the_start() {
    let app = TestApp::start().await;
    assert_eq!(missing(&app.admin).await, Vec::<&str>::new());
    let page = fetch(&app).await;
    assert!(families(&page).iter().all(|family| family.starts_with("vestibule_")), "{page:#?}");
}

#[tokio::test]
async fn on_another_store_only_those_series_are_missing_that_make_no_sense_there() {
    let redb = tempfile::tempdir().unwrap();
    let redb = format!("[storage]\nurl = \"redb://{}\"\n", redb.path().join("vestibule.redb").display());
    let postgres = places::storage_on(places::POSTGRES).await;
    for (storage, not_there) in [(Some(redb), "vestibule_db_"), (postgres, "vestibule_cache_")] {
        let Some(storage) = storage else { continue };
        let app = TestApp::with(&storage).await;
        let expected: Vec<_> = PROMISED.into_iter().filter(|promised| promised.starts_with(not_there)).collect();
        assert_eq!(missing(&app.admin).await, expected, "{storage}");
    }
}

#[tokio::test]
async fn what_happens_is_counted() {
    let doors = Doors::open("[throttle]\naccount_failures = 1").await;
    let (app, before) = (&doors.app, fetch(&doors.app).await);
    let log_in = |password: &str| json!({ "login": "ann", "password": password }).to_string();
    let session = app.post_json("/session/login", log_in(PASSWORD)).await;
    let token = session.json()["token"].as_str().map(str::to_owned);
    if let Some(token) = token {
        app.send(app.request(Method::GET, "/session/user").bearer_auth(token)).await;
    }
    assert_eq!(app.post_json("/session/login", log_in("wrong")).await.status, 401);
    assert_ne!(app.post_json("/session/login", log_in("wrong")).await.status, 401, "the budget is spent");
    app.get("/nowhere").await;

    let after = fetch(app).await;
    let grown = |series: &str| after[series] - before[series];
    let of_class = |class: &str| {
        format!("vestibule_http_requests_total{{dialect=\"vprotect\",operation=\"log_in\",class=\"{class}\"}}")
    };
    assert!((grown(&of_class("2xx")) - 1.0).abs() < 0.1, "{after:#?}");
    assert!((grown(&of_class("4xx")) - 2.0).abs() < 0.1, "{after:#?}");
    let took = "vestibule_http_request_duration_seconds_count{dialect=\"vprotect\",operation=\"log_in\"}";
    assert!((grown(took) - 3.0).abs() < 0.1);
    for series in [
        "vestibule_http_requests_total{dialect=\"other\",operation=\"other\",class=\"4xx\"}",
        "vestibule_hash_wait_seconds_count",
        "vestibule_hash_duration_seconds_sum",
        "vestibule_throttled_total{budget=\"account_failures\"}",
        "vestibule_store_commits_total{outcome=\"done\"}",
        "vestibule_store_commit_duration_seconds_count",
        "vestibule_connections_accepted_total",
    ] {
        assert!(grown(series) > 0.0, "{series} has not grown: {after:#?}");
    }
    assert!(after["vestibule_connections_open"] > 0.0);
    assert!((after["vestibule_part_up{part=\"store\"}"] - 1.0).abs() < 0.1);
}

/// T003-7: what an API tells in an envelope of status 200, or by sending a browser on, is a refusal still.
#[tokio::test]
async fn t003_7_refusals_are_counted_whatever_their_status() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let before = fetch(app).await;
    let log_in = |password: &str| json!({ "login": "ann", "password": password }).to_string();
    assert_eq!(app.post_json("/session/login", log_in("wrong")).await.status, 401);
    assert_eq!(app.post_json("/session/login", log_in(PASSWORD)).await.status, 201);

    let simple = app.post_form("/session/register/", &[("email", "bea@example.com"), ("password", "123456")]).await;
    assert_eq!((simple.status, simple.json()["code"].as_u64()), (200, Some(36)));
    let registered = [("email", "bea@example.com"), ("password", PASSWORD)];
    assert_eq!(app.post_form("/session/register/", &registered).await.json()["code"], 0);
    assert_eq!(app.get("/session/start/").await.json()["code"], 0);

    let session = app.get("/api/session").await;
    let guard = session.cookie("vestibule_guard").unwrap();
    for (password, target) in [("wrong", "/sorry"), (PASSWORD, "/welcome")] {
        let token = session.text("/token");
        let fields = [
            ("token", token.as_str()),
            ("method", "easydb"),
            ("login", "ann"),
            ("password", password),
            ("success", "/welcome"),
            ("error", "/sorry"),
        ];
        let request = app.request(Method::POST, "/api/session/authenticate");
        let request = request.header("cookie", format!("vestibule_guard={guard}"));
        let answer = app.send(request.form(&fields)).await;
        assert!(answer.status == 302 && answer.header("location").contains(target), "{answer:?}");
    }

    let after = fetch(app).await;
    for (dialect, operation, refused) in [
        ("vprotect", "log_in", 1.0),
        ("dood", "register", 1.0),
        ("dood", "start_session", 0.0),
        ("easydb", "authenticate_session", 1.0),
        ("easydb", "start_session", 0.0),
    ] {
        let series = format!("vestibule_requests_refused_total{{dialect=\"{dialect}\",operation=\"{operation}\"}}");
        assert!((after[&series] - before[&series] - refused).abs() < 0.1, "{series}: {after:#?}");
    }
}

/// Nobody makes the page longer, or learns from it who was here.
#[tokio::test]
async fn nothing_that_a_caller_sends_is_on_the_page() {
    let doors = Doors::open("").await;
    let app = &doors.app;
    let token = doors.begin("easydb").await;
    let before: Vec<String> = fetch(app).await.into_keys().collect();
    for number in 0..20 {
        let odd = format!("needle{number}");
        let method = Method::from_bytes(odd.to_uppercase().as_bytes()).unwrap();
        app.send(app.request(method, &format!("/{odd}")).header("host", format!("{odd}.example"))).await;
        app.get(&format!("/api/session?token={odd}")).await;
        app.get(&format!("/verify/{odd}")).await;
        app.post_json("/session/login", json!({ "login": odd, "password": odd }).to_string()).await;
        app.post_form("/session/register/", &[("email", &format!("{odd}@example.com")), ("password", PASSWORD)]).await;
    }
    let page = app.admin.get("/metrics").await.body;
    for secret in ["needle", "NEEDLE", "\"ann\"", "example.com", PASSWORD, token.as_str(), doors.ann.api_token.as_str()]
    {
        assert!(!page.contains(secret), "{secret} is on the page");
    }
    assert_eq!(fetch(app).await.into_keys().collect::<Vec<_>>(), before);
}
