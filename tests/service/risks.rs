//! What the documents make possible and the service keeps within bounds: floods of sessions and failures, and admins from
//! anywhere.

use std::time::Duration;

use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, Statement};
use serde_json::json;
use vestibule_domain::message::EventKind;
use vestibule_tests::{Answer, PASSWORD, TestApp};

/// So that each request can say where it comes from.
const PROXY: &str = "[server]\ntrusted_proxies = [\"127.0.0.1\"]\n";

async fn get_from(app: &TestApp, address: &str, path: &str) -> Answer {
    let request = app.request(Method::GET, path).header("x-forwarded-for", address);
    app.send(request.header("x-forwarded-proto", "https")).await
}

async fn logged(app: &TestApp, kind: EventKind) -> i64 {
    let database =
        Database::connect(format!("sqlite://{}", app.directory().join("data/vestibule.db").display())).await.unwrap();
    let count = format!("SELECT COUNT(*) FROM messages WHERE kind = '{}'", kind.name());
    let row = database.query_one_raw(Statement::from_string(database.get_database_backend(), count)).await.unwrap();
    database.close().await.unwrap();
    row.unwrap().try_get_by(0).unwrap()
}

#[tokio::test]
async fn t000_10_a_loop_of_begin_and_end_leaves_so_many_rows_and_no_message() {
    let app =
        TestApp::with(&format!("{PROXY}[throttle]\nanonymous_ends_per_address = 3\nanonymous_ends_total = 4\n")).await;
    let (mut ended, mut statuses) = (Vec::new(), Vec::new());
    for address in ["192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.1", "192.0.2.2", "192.0.2.3"] {
        let key = get_from(&app, address, "/session/start/").await.text("/session_key");
        let answer = get_from(&app, address, &format!("/session/logout/?session_key={key}")).await;
        let lives = get_from(&app, address, &format!("/api/session?token={key}")).await.status == 200;
        assert_eq!(lives, answer.status != 200, "what is said is what is");
        assert_eq!(answer.header("retry-after").is_empty(), answer.status == 200, "{answer:?}");
        statuses.push(answer.status);
        ended.extend((answer.status == 200).then_some(key));
    }
    assert_eq!(statuses, [200, 200, 200, 429, 200, 429], "three for one address, four for all");
    assert_eq!(app.operator.sessions(None).await.unwrap().len(), 4);
    assert_eq!(app.get("/api/session").await.json()["max_message_id"], 0);
    for key in ended {
        assert_eq!(get_from(&app, "192.0.2.9", &format!("/api/session?token={key}")).await.status, 404, "it is over");
    }
    app.clock.advance(Duration::from_hours(1));
    let key = get_from(&app, "192.0.2.1", "/session/start/").await.text("/session_key");
    assert_eq!(get_from(&app, "192.0.2.1", &format!("/session/logout/?session_key={key}")).await.status, 200);
}

#[tokio::test]
async fn t000_10_so_many_sessions_begin_for_one_address_and_none_is_kept_from_being_used() {
    let app = TestApp::with(&format!("{PROXY}[throttle]\nbeginnings_per_address = 2\n")).await;
    let token = get_from(&app, "192.0.2.1", "/api/session").await.text("/token");
    assert_eq!(get_from(&app, "192.0.2.1", "/session/start/").await.status, 200);
    let (easydb, dood) =
        (get_from(&app, "192.0.2.1", "/api/session").await, get_from(&app, "192.0.2.1", "/session/start/").await);
    assert_eq!((easydb.status, easydb.header("retry-after")), (503, "60"));
    assert_eq!((dood.status, dood.json()["code"].as_i64(), dood.header("retry-after")), (429, Some(22), "60"));
    for _ in 0..10 {
        assert_eq!(get_from(&app, "192.0.2.1", &format!("/api/session?token={token}")).await.status, 200);
        assert_eq!(app.get("/api/session").await.status, 200, "this machine is not counted");
    }
    assert_eq!(get_from(&app, "192.0.2.2", "/api/session").await.status, 200);
}

#[tokio::test]
async fn t001_1_an_admin_is_one_from_the_networks_that_are_listed_and_for_a_shorter_time() {
    let backoffice = "[sessions.backoffice]\nnetworks = [\"10.0.0.0/8\"]\nidle_ttl = \"15m\"\n";
    let app = TestApp::with(&format!("{PROXY}{backoffice}")).await;
    app.user("root", &["admin"]).await;
    let log_in = async |address: &str, insists: bool| {
        let body = json!({ "email": "root@example.com", "password": PASSWORD, "backoffice": insists });
        let request = app.request(Method::POST, "/api/session").header("x-forwarded-for", address);
        app.send(request.header("x-forwarded-proto", "https").json(&body)).await
    };
    assert_eq!(log_in("203.0.113.7", true).await.status, 403);
    assert_eq!(log_in("203.0.113.7", false).await.status, 200, "they are a user like others");
    let inside = log_in("10.1.2.3", true).await;
    assert_eq!(inside.status, 200);
    let token = inside.text("/data/0/token");
    let rights = async |address: &str| {
        let answer = get_from(&app, address, &format!("/api/session?token={token}")).await;
        answer.json()["system_rights"].as_array().map(Vec::len)
    };
    assert!(rights("10.1.2.3").await > Some(0));
    assert_eq!(rights("203.0.113.7").await, Some(0), "whatever session they hold");
    app.clock.advance(Duration::from_mins(15));
    assert_eq!(get_from(&app, "10.1.2.3", &format!("/api/session?token={token}")).await.status, 404);
}

#[tokio::test]
async fn t004_4_and_tx_13_failures_at_an_account_are_written_as_often_as_its_budget_says() {
    for network_is_known in [false, true] {
        let app = TestApp::start().await;
        app.user("ann", &[]).await;
        if network_is_known {
            app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
        }
        let body = json!({ "login": "ann", "password": "wrong" });
        let mut written = Vec::new();
        for _ in 0..7 {
            for _ in 0..40 {
                app.post_json("/session/login", &body).await;
            }
            written.push(logged(&app, EventKind::AuthenticationFailed).await);
            app.clock.advance(Duration::from_mins(1));
        }
        assert_eq!(written, [20, 40, 60, 80, 100, 100, 100], "20 a minute and 100 an hour");
        assert!(logged(&app, EventKind::LoginsThrottled).await <= 7, "one note in each window");
    }
}

#[tokio::test]
async fn t003_5_registration_can_be_closed() {
    let app = TestApp::with("[dood]\nregistration = \"off\"\n").await;
    let fields = [("email", "new@example.com"), ("password", "a long walk at dusk")];
    let answer = app.post_form("/session/register/", &fields).await;
    assert_eq!((answer.status, answer.json()["code"].as_i64()), (403, Some(18)));
    assert!(app.operator.users().await.unwrap().is_empty());
    assert_eq!(app.get("/session/start/").await.status, 200);
}
