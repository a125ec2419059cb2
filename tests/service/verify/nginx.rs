//! The how-to's own nginx configuration, in a real nginx, before an application that says what it was told.

use std::{
    fs,
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Stdio,
    time::Duration,
};

use axum::{Router, extract::Request};
use reqwest::header::HeaderName;
use tokio::process::{Child, Command};
use vestibule_tests::tool;

use super::*;

/// The text of the first block of this language in the how-to.
pub(super) fn snippet(language: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/howto/verify-a-session.md");
    let page = fs::read_to_string(page).unwrap();
    let (_, begun) = page.split_once(&format!("```{language}\n")).unwrap();
    begun.split_once("```").unwrap().0.to_owned()
}

/// Where nginx connects from, and these tests do not: what they ask of the service, they ask as callers on this machine.
const FROM: &str = "127.0.0.2";

/// An application behind nginx, which asks the service.
struct Site {
    doors: Doors,
    caller: Caller,
    /// Held: dropped, it is killed.
    _nginx: Child,
    _directory: tempfile::TempDir,
}

impl Site {
    /// `scheme` is by what nginx says that it was asked. Nothing if there is no nginx.
    async fn open(settings: &str, scheme: &str) -> Option<Self> {
        let nginx = tool("nginx", "nginx-light", &["-v"])?;
        let doors = Doors::open(&format!("server.trusted_proxies = [\"{FROM}\"]\n{settings}")).await;
        let app = application().await;
        let address = free_address();
        let mut site = snippet("nginx");
        for (told, here) in [
            ("127.0.0.1:8080", doors.app.address.to_string()),
            ("127.0.0.1:3000", app.to_string()),
            ("listen 443 ssl;", format!("listen {address};")),
            ("    ssl_certificate /etc/nginx/tls.crt;\n", String::new()),
            ("    ssl_certificate_key /etc/nginx/tls.key;\n", String::new()),
            ("$scheme", scheme.to_owned()),
        ] {
            assert!(site.contains(told), "the how-to has no {told} any more");
            site = site.replace(told, &here);
        }
        let directory = tempfile::tempdir().unwrap();
        let files = directory.path().display();
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
        let temporary = temporary.map(|kind| format!("{kind}_temp_path {files}/{kind};\n")).concat();
        let around = format!(
            "daemon off;\nmaster_process off;\npid {files}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\nproxy_bind {FROM};\n{temporary}{site}}}\n"
        );
        let config = directory.path().join("nginx.conf");
        fs::write(&config, around).unwrap();
        let mut command = Command::new(nginx);
        command.arg("-p").arg(directory.path()).arg("-c").arg(&config).args(["-e", "stderr"]);
        let nginx = command.stdin(Stdio::null()).kill_on_drop(true).spawn().unwrap();
        listens(address).await;
        Some(Self { doors, caller: Caller::new(format!("http://{address}")), _nginx: nginx, _directory: directory })
    }

    /// What is answered to a request with a token and whatever else.
    async fn ask(&self, token: &str, more: &[(&str, &str)]) -> Answer {
        let request = self.caller.request(Method::POST, "/orders?x=1").bearer_auth(token).body("an order");
        self.caller.send(more.iter().fold(request, |request, (name, value)| request.header(*name, *value))).await
    }
}

/// Answers with the headers that it got, and the body.
async fn application() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    let echo = async |request: Request| {
        let (head, body) = request.into_parts();
        let told = |(name, value): (&HeaderName, &HeaderValue)| json!([name.as_str(), value.to_str().unwrap()]);
        let headers: Vec<Value> = head.headers.iter().map(told).collect();
        let body = axum::body::to_bytes(body, 1 << 16).await.unwrap();
        json!({ "headers": headers, "body": String::from_utf8_lossy(&body), "target": head.uri.to_string() })
            .to_string()
    };
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(echo)).await.unwrap() });
    address
}

/// The values of a header that the application got.
fn got(answer: &Answer, name: &str) -> Vec<String> {
    let json = answer.json();
    let headers = json["headers"].as_array().unwrap();
    let values = headers.iter().filter(|header| header[0] == name).map(|header| header[1].as_str().unwrap().to_owned());
    values.collect()
}

fn free_address() -> SocketAddr {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap()
}

async fn listens(address: SocketAddr) {
    for _ in 0..600 {
        if TcpStream::connect(address).is_ok() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("nginx does not listen; its own words are above");
}

#[tokio::test]
async fn nginx_lets_in_whoever_has_a_session_and_tells_the_application_who_it_is() {
    let Some(site) = Site::open("verify.assertions = true", "https").await else { return };
    let ann = site.doors.app.operator.users().await.unwrap().remove(0);
    for begin in Visitor::BEGIN {
        let token = site.doors.begin(begin).await;
        let answer = site.ask(&token, &[]).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        assert_eq!(answer.text("/body"), "an order", "the application has the request as it was");
        assert_eq!(answer.text("/target"), "/orders?x=1");
        assert_eq!(got(&answer, "x-user-id"), [ann.id.to_string()]);
        assert_eq!(
            (got(&answer, "x-user-login"), got(&answer, "x-user-email")),
            (vec!["ann".to_owned()], vec!["ann@example.com".to_owned()])
        );
        assert_eq!(part(&got(&answer, "x-session-assertion")[0], 1)["username"], "ann");
        let link = format!("/orders?token={token}");
        assert_eq!(site.caller.get(&link).await.status, 200, "the token may be in the URL, over TLS");
    }
    let login =
        site.caller.post_json("/session/login", json!({ "login": "ann", "password": vestibule_tests::PASSWORD })).await;
    let cookie = format!("JSESSIONID={}", login.cookie("JSESSIONID").unwrap());
    let with_cookie = site.caller.request(Method::GET, "/").header("cookie", cookie);
    assert_eq!(got(&site.caller.send(with_cookie).await, "x-user-login"), ["ann"], "logged in on the same host");
}

#[tokio::test]
async fn nginx_lets_in_nobody_else() {
    let Some(site) = Site::open("", "http").await else { return };
    let token = site.doors.begin("dialogram").await;
    assert_eq!(site.ask(&token, &[]).await.status, 200, "the control");
    assert_eq!(
        site.caller.get(&format!("/orders?token={token}")).await.status,
        401,
        "no token in a URL over plain HTTP"
    );
    let anonymous = site.doors.app.get("/api/session").await.text("/token");
    let none = site.caller.get("/orders").await;
    assert_eq!(none.status, 401);
    for token in ["nonsense", "c473472d-c085-4043-9bf0-ee80bff73d40", &anonymous] {
        assert_eq!(site.ask(token, &[("x-user-id", "1"), ("x-user-login", "ann")]).await.status, 401);
    }
    assert_eq!(site.caller.get("/_verify").await.status, 404, "nobody asks in nginx's place");
    site.doors.end("vprotect logout", &token).await;
    let ended = site.ask(&token, &[]).await;
    assert_eq!((ended.status, ended.header("www-authenticate")), (401, "Bearer"));
    let token = site.doors.begin("dood").await;
    site.doors.app.sql("ALTER TABLE sessions RENAME TO elsewhere").await;
    assert_eq!(site.ask(&token, &[]).await.status, 500, "nginx's word for a service that cannot say");
}

#[tokio::test]
async fn what_a_client_makes_up_about_itself_never_reaches_the_application() {
    let Some(site) = Site::open("", "https").await else { return };
    let token = site.doors.begin("dood").await;
    let forged: Vec<(&str, &str)> = IDENTITY.iter().map(|name| (*name, "forged")).collect();
    let answer = site.ask(&token, &forged).await;
    assert_eq!(answer.status, 200);
    assert!(!answer.body.contains("forged"), "{}", answer.body);
    assert_eq!(got(&answer, "x-user-login"), ["ann"]);
    assert!(got(&answer, "x-user-roles").is_empty(), "ann has no role, and so there is no such header");
    let underscored = site.ask(&token, &[("X_User_Id", "forged"), ("X-USER-ID", "forged")]).await;
    assert!(!underscored.body.contains("forged"), "{}", underscored.body);
    let elsewhere = site.ask("nonsense", &[("x-forwarded-uri", &format!("/?token={token}"))]).await;
    assert_eq!(elsewhere.status, 401, "where the request goes is for nginx to say");
}
