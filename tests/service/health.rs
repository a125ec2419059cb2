//! Probes: whether the service lives and is ready, for balancers and containers.

use reqwest::Method;
use tempfile::tempdir;
use tokio::time::{Duration, Instant, sleep};
use vestibule_tests::{Caller, Process, TestApp, places};

async fn ready_is(admin: &Caller, status: u16) -> String {
    let begun = Instant::now();
    loop {
        let answer = admin.get("/health/ready").await;
        if answer.status == status {
            return answer.body;
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "{} instead of {status}: {}", answer.status, answer.body);
        sleep(Duration::from_millis(100)).await;
    }
}

/// T004-5.
#[tokio::test]
async fn a_service_whose_store_is_away_lives_but_is_not_ready_until_it_is_back() {
    let app = TestApp::start().await;
    assert_eq!(app.admin.get("/health/ready").await.json()["status"], "pass");
    app.sql("ALTER TABLE installation RENAME TO away").await;
    let told = ready_is(&app.admin, 503).await;
    assert!(told.contains("\"part\":\"store\",\"is_there\":false") && !told.contains("installation"), "{told}");
    let answer = app.admin.get("/health/ready").await;
    assert_eq!(answer.header("content-type"), "application/problem+json");
    assert_eq!(app.admin.get("/health/live").await.status, 200);
    let command =
        app.command(&["health", "--url", &format!("http://{}/health/ready", app.admin.authority())], "").await;
    assert_eq!(command.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&command.stderr).contains("answers 503"));

    app.sql("ALTER TABLE away RENAME TO installation").await;
    ready_is(&app.admin, 200).await;
    let command =
        app.command(&["health", "--url", &format!("http://{}/health/ready", app.admin.authority())], "").await;
    assert_eq!((command.status.code(), command.stdout.as_slice()), (Some(0), b"OK\n".as_slice()));
    assert_eq!(app.admin.send(app.admin.request(Method::POST, "/health/ready")).await.status, 405);
}

#[tokio::test]
async fn without_a_url_the_settings_say_whom_to_ask() {
    let app = TestApp::start().await;
    let settings = format!("admin.listen = \"{}\"\n", app.admin.authority());
    let config = app.write("health.toml", &settings);
    assert_eq!(app.command_with(&config, &["health"], "").await.status.code(), Some(0));
    let config = app.write("off.toml", "admin.listen = \"off\"\n");
    assert_eq!(app.command_with(&config, &["health"], "").await.status.code(), Some(2));
    let config = app.write("nobody.toml", "admin.listen = \"127.0.0.1:1\"\n");
    assert_eq!(app.command_with(&config, &["health"], "").await.status.code(), Some(1));
}

#[tokio::test]
async fn a_service_that_is_about_to_end_is_not_ready() {
    let directory = tempdir().unwrap();
    let mut command = Process::command(vestibule_tests::program(), directory.path());
    command.env("VESTIBULE__SERVER__SHUTDOWN_DELAY", "5s");
    let process = Process::spawn(command).await;
    let admin = process.admin.clone().unwrap();
    ready_is(&admin, 200).await;
    process.terminate().await;
    assert!(ready_is(&admin, 503).await.contains("\"code\":\"leaving\""));
    assert_eq!(process.caller.get("/session").await.status, 204, "but it answers until a balancer has noticed");
    assert_eq!(process.ended().await, Some(0));
}

#[tokio::test]
async fn sessions_that_are_kept_apart_are_a_part_of_their_own() {
    let Some(sessions) = places::sessions_on(places::REDIS) else { return };
    let app = TestApp::with(&format!("[storage]\n{sessions}")).await;
    ready_is(&app.admin, 200).await;
    app.sql("ALTER TABLE installation RENAME TO away").await;
    let told = ready_is(&app.admin, 503).await;
    assert!(
        told.contains("{\"part\":\"store\",\"is_there\":false},{\"part\":\"sessions\",\"is_there\":true}"),
        "{told}"
    );
}
