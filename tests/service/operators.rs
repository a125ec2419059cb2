//! The listener for operators, as such.

use tempfile::tempdir;
use vestibule_tests::{Process, TestApp, command, exchange};

/// Everything below these paths is the operators'.
const PLACES: [&str; 7] =
    ["/admin/v1/users", "/docs", "/openapi.json", "/health", "/health/live", "/health/ready", "/metrics"];

#[tokio::test]
async fn nothing_for_operators_is_where_the_session_apis_are_nor_the_other_way_round() {
    let app = TestApp::start().await;
    for path in PLACES {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
    assert_eq!(app.admin.get("/health/live").await.status, 200);
    for path in ["/api/session", "/session", "/session/start/", "/verify", "/.well-known/jwks.json"] {
        assert_eq!(app.admin.get(path).await.status, 404, "{path}");
    }
    for answer in [app.get("/session").await, app.admin.get("/health/live").await] {
        assert_eq!(answer.header("server"), "", "nobody is told what runs here");
    }
}

#[tokio::test]
async fn an_operators_request_that_does_not_arrive_is_refused_in_time() {
    let app = TestApp::with("server.request_timeout = \"200ms\"").await;
    let half = "POST /health/live HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\n\r\nab";
    let answer = exchange(app.admin.authority().parse().unwrap(), half.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
}

#[tokio::test]
async fn a_port_that_is_taken_is_told_with_what_to_do() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let directory = tempdir().unwrap();
    let config = directory.path().join("vestibule.toml");
    let text = format!(
        "data_dir = \"{}\"\nserver.listen = \"127.0.0.1:0\"\nadmin.listen = \"{}\"\n",
        directory.path().join("data").display(),
        taken.local_addr().unwrap()
    );
    std::fs::write(&config, text).unwrap();
    let output = command(&config, &["serve"], "").await;
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{told}");
    assert!(told.contains("set admin.listen (VESTIBULE__ADMIN__LISTEN)"), "{told}");
    assert!(!directory.path().join("data").exists(), "something was made before that was known");
}

#[tokio::test]
async fn it_ends_with_the_service_and_can_be_switched_off() {
    let directory = tempdir().unwrap();
    let process = Process::start(directory.path()).await;
    let admin = process.admin.clone().unwrap();
    assert_eq!(admin.get("/health/live").await.status, 200);
    process.terminate().await;
    assert_eq!(process.ended().await, Some(0));
    assert!(std::net::TcpStream::connect(admin.authority()).is_err());

    let mut command = Process::command(vestibule_tests::program(), directory.path());
    command.env("VESTIBULE__ADMIN__LISTEN", "off");
    let process = Process::spawn(command).await;
    assert!(process.admin.is_none());
    assert_eq!(process.caller.get("/session").await.status, 204);
    process.kill().await;
}
