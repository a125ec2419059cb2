//! By which names the operators' listener is reached.

use vestibule_tests::exchange;

use super::*;

#[tokio::test]
async fn a_page_whose_name_resolves_to_the_listener_reads_nothing() {
    let app = TestApp::with("admin.hosts = [\"metrics.example\"]").await;
    let token = operator(&app, "ops", &[Scope::All]).await;
    let status = async |path: &str, host: &str| {
        app.admin.send(app.admin.request(Method::GET, path).header("host", host).bearer_auth(&token)).await
    };
    let port = app.admin.authority().rsplit(':').next().unwrap();
    for path in ["/metrics", "/docs/", "/openapi/admin.json", "/admin/v1/users", "/nowhere"] {
        let refused = status(path, &format!("evil.example:{port}")).await;
        assert_eq!((refused.status, code(&refused).as_str()), (421, "misdirected_request"), "{path}");
        assert!(refused.text("/detail").contains("admin.hosts"), "{refused:?}");
        for host in ["localhost", "127.0.0.1", "[::1]", "metrics.example"] {
            let answer = status(path, &format!("{host}:{port}")).await;
            assert_eq!(answer.status, if path == "/nowhere" { 404 } else { 200 }, "{path} at {host}");
        }
    }
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(status(path, "any.name.at.all").await.status, 200, "{path}");
    }
}

#[tokio::test]
async fn the_host_of_the_target_counts_and_an_old_client_needs_none() {
    let app = TestApp::start().await;
    for (head, status) in [
        ("GET http://evil.example/metrics HTTP/1.1\r\nhost: localhost", 421),
        ("GET http://localhost/metrics HTTP/1.1\r\nhost: evil.example", 200),
        ("GET /metrics HTTP/1.1\r\nhost: localhost\r\nhost: evil.example", 400),
        ("GET /metrics HTTP/1.1", 400),
        ("GET /metrics HTTP/1.0", 200),
    ] {
        let request = format!("{head}\r\nconnection: close\r\n\r\n");
        let answer = exchange(app.admin.authority().parse().unwrap(), request.as_bytes()).await;
        assert_eq!(answer.split(' ').nth(1), Some(status.to_string().as_str()), "{head}: {answer}");
    }
}
