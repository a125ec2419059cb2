//! How long sessions live, seen from outside: the clock is moved, the background tasks are real.

use std::time::Duration;

use serde_json::json;
use vestibule_domain::session::{EndReason, Standing};
use vestibule_tests::{Doors, PASSWORD, TestApp, Visitor};

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_session_that_is_used_lives_until_its_absolute_expiry_and_an_idle_one_dies_before() {
    let doors = Doors::open("[sessions]\nabsolute_ttl = \"20h\"").await;
    let (used, idle) = (doors.begin("vprotect").await, doors.begin("dood").await);
    for _ in 0..2 {
        doors.app.clock.advance(HOUR * 7);
        assert!(doors.reads("vprotect bearer", &used).await);
    }
    assert!(!doors.reads("vprotect bearer", &idle).await, "idle for 14 hours");
    doors.app.clock.advance(Duration::from_millis(6 * 3_600_000 - 1));
    assert!(doors.reads("vprotect bearer", &used).await);
    doors.app.clock.advance(Duration::from_millis(1));
    for read in Visitor::READ {
        assert!(!doors.reads(read, &used).await, "{read}");
    }
}

#[tokio::test]
async fn when_a_session_was_seen_outlives_a_restart() {
    let app = TestApp::start().await;
    app.user("ann", &[]).await;
    let login = app.post_json("/session/login", json!({ "login": "ann", "password": PASSWORD })).await;
    let session = login.cookie("JSESSIONID").unwrap();
    let read = async |app: &TestApp| {
        app.send(app.request(reqwest::Method::GET, "/session/user").bearer_auth(&session)).await.status
    };
    app.clock.advance(HOUR * 7);
    assert_eq!(read(&app).await, 200);
    let app = app.restart("").await;
    app.clock.advance(HOUR * 7);
    assert_eq!(read(&app).await, 200, "seven hours after it was last seen, fourteen after it began");
}

#[tokio::test]
async fn each_api_may_have_lifetimes_of_its_own() {
    let settings = "[sessions.per_dialect.dood]\nanonymous_ttl = \"5m\"\nidle_ttl = \"10m\"";
    let doors = Doors::open(settings).await;
    let (dood, vprotect) = (doors.begin("dood").await, doors.begin("vprotect").await);
    let anonymous = doors.app.get("/session/start/").await.text("/session_key");
    let elsewhere = doors.app.get("/api/session").await.text("/token");
    doors.app.clock.advance(Duration::from_mins(6));
    assert_eq!(doors.app.get(&format!("/api/session?token={anonymous}")).await.status, 404);
    assert_eq!(doors.app.get(&format!("/api/session?token={elsewhere}")).await.status, 200);
    doors.app.clock.advance(Duration::from_mins(4));
    assert!(!doors.reads("vprotect bearer", &dood).await);
    assert!(doors.reads("vprotect bearer", &vprotect).await);
}

/// TX-10.
#[tokio::test]
async fn what_has_expired_is_ended_as_expired_and_forgotten_in_the_end() {
    let doors = Doors::open("[sessions]\nsweep_interval = \"50ms\"\nkeep_ended = \"1d\"").await;
    let (app, operator) = (&doors.app, &doors.app.operator);
    doors.begin("vprotect").await;
    app.clock.advance(HOUR * 8);
    let standing = async || operator.sessions(Some("ann")).await.unwrap().first().map(|report| report.standing);
    let ended = async || matches!(standing().await, Some(Standing::Ended(end)) if end.reason == EndReason::Expired);
    assert!(eventually(ended).await, "{:?}", standing().await);
    app.clock.advance(DAY + Duration::from_secs(1));
    assert!(eventually(async || standing().await.is_none()).await);
}

#[tokio::test]
async fn an_ended_anonymous_session_stays_ended_however_soon_ended_ones_are_forgotten() {
    let app = TestApp::with("[sessions]\nsweep_interval = \"50ms\"\nkeep_ended = \"1ms\"").await;
    let key = app.get("/session/start/").await.text("/session_key");
    assert_eq!(app.get(&format!("/session/logout/?session_key={key}")).await.status, 200);
    app.clock.advance(Duration::from_mins(20));
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(app.get(&format!("/session/logout/?session_key={key}")).await.status, 401);
    app.clock.advance(Duration::from_mins(10) + Duration::from_secs(1));
    assert!(eventually(async || app.operator.sessions(None).await.unwrap().is_empty()).await, "its seal is over too");
    assert_eq!(app.get(&format!("/session/logout/?session_key={key}")).await.status, 401);
}

/// Whether something comes to be within ten seconds.
async fn eventually(holds: impl AsyncFn() -> bool) -> bool {
    for _ in 0..200 {
        if holds().await {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    false
}
