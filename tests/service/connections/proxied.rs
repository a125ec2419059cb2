//! Behind a proxy that passes bytes on and tells whose they are.

use super::*;

async fn passed_on(app: &TestApp, header: &str) -> (TcpStream, String) {
    let mut stream = connect(app).await;
    stream.write_all(header.as_bytes()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    let answer = part(&mut stream).await;
    (stream, answer)
}

fn of(address: &str) -> String {
    format!("PROXY TCP4 {address} 10.0.0.1 51234 443\r\n")
}

#[tokio::test]
async fn a_client_is_whom_the_proxy_names() {
    let settings = "proxy_protocol = true\ntrusted_proxies = ['127.0.0.1']\nmax_connections_per_address = 1\n";
    let app = TestApp::with(&format!("[server]\n{settings}")).await;
    let (_kept, first) = passed_on(&app, &of("203.0.113.7")).await;
    assert!(first.starts_with("HTTP/1.1 200"), "{first:?}");
    assert_eq!(passed_on(&app, &of("203.0.113.7")).await.1, "", "a second connection from there");
    assert!(passed_on(&app, &of("203.0.113.8")).await.1.starts_with("HTTP/1.1 200"));
    assert!(passed_on(&app, "PROXY UNKNOWN\r\n").await.1.starts_with("HTTP/1.1 200"), "a health check");
    assert_eq!(passed_on(&app, "").await.1, "", "without a header");
}

#[tokio::test]
async fn nobody_else_may_name_a_client() {
    let app = TestApp::with("[server]\nproxy_protocol = true\ntrusted_proxies = ['192.0.2.1']\n").await;
    assert_eq!(passed_on(&app, &of("203.0.113.7")).await.1, "");
    assert_eq!(passed_on(&app, "").await.1, "");
}

#[tokio::test]
async fn whoever_is_passed_on_is_not_on_this_machine() {
    let everything = |answer: &str| answer.starts_with("HTTP/1.1 200") && !answer.contains(r#""system_rights":[]"#);
    let nobody_yet = TestApp::start().await;
    let (_, from_here) = passed_on(&nobody_yet, "").await;
    assert!(everything(&from_here), "{from_here}");
    let app = TestApp::with("[server]\nproxy_protocol = true\ntrusted_proxies = ['127.0.0.1']\n").await;
    let (_, passed) = passed_on(&app, &of("127.0.0.3")).await;
    assert!(passed.starts_with("HTTP/1.1 200") && !everything(&passed), "{passed}");
}
