//! The how-tos' own nginx configurations, in a real nginx, before an application that says what it was told.

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

/// What stands between these two in a how-to.
fn between(page: &str, opening: &str, end: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("docs/howto").join(page);
    let page = fs::read_to_string(page).unwrap();
    let (_, begun) = page.split_once(opening).unwrap();
    begun.split_once(end).unwrap().0.to_owned()
}

/// The text of the first block of this language in the how-to.
pub(super) fn snippet(language: &str) -> String {
    between("verify-a-session.md", &format!("```{language}\n"), "```")
}

/// What nginx is told so that it asks for each request.
fn asking_site() -> String {
    between("verify-a-session.md", "app.conf\" <<'END'\n", "END\n")
}

/// What nginx is told where all that is behind it is the service.
fn plain_site() -> String {
    between("put-it-on-a-network.md", "```nginx\n", "```")
}

/// A configuration around a site, in a folder of its own.
fn write(site: &str) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    let files = directory.path().display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary = temporary.map(|kind| format!("{kind}_temp_path {files}/{kind};\n")).concat();
    let around = format!(
        "daemon off;\nmaster_process off;\npid {files}/pid;\nerror_log stderr;\nevents {{}}\nhttp {{\naccess_log off;\nproxy_bind {FROM};\n{temporary}{site}}}\n"
    );
    fs::write(directory.path().join("nginx.conf"), around).unwrap();
    directory
}

/// nginx with the configuration in this folder.
fn nginx_in(nginx: &Path, directory: &Path) -> Command {
    let mut command = Command::new(nginx);
    command.arg("-p").arg(directory).arg("-c").arg(directory.join("nginx.conf")).args(["-e", "stderr"]);
    command.stdin(Stdio::null()).kill_on_drop(true);
    command
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
    /// Before an application. `scheme` is by what nginx says that it was asked. Nothing if there is no nginx.
    async fn open(settings: &str, scheme: &str) -> Option<Self> {
        let app = application().await.to_string();
        Self::serve(asking_site(), &[("127.0.0.1:3000", &app)], settings, scheme).await
    }

    /// The same with the service alone behind nginx.
    async fn open_plain(scheme: &str) -> Option<Self> {
        Self::serve(plain_site(), &[], "", scheme).await
    }

    async fn serve(mut site: String, more: &[(&str, &str)], settings: &str, scheme: &str) -> Option<Self> {
        let nginx = tool("nginx", "nginx-light", &["-v"])?;
        let doors = Doors::open(&format!("server.trusted_proxies = [\"{FROM}\"]\n{settings}")).await;
        let address = free_address();
        let always = [
            ("127.0.0.1:8080", doors.app.address.to_string()),
            ("listen 443 ssl;", format!("listen {address};")),
            ("    ssl_certificate /etc/nginx/tls.crt;\n", String::new()),
            ("    ssl_certificate_key /etc/nginx/tls.key;\n", String::new()),
            ("$scheme", scheme.to_owned()),
        ];
        let always = always.iter().map(|(told, here)| (*told, here.as_str()));
        for (told, here) in always.chain(more.iter().copied()) {
            assert!(site.contains(told), "the how-to has no {told} any more");
            site = site.replace(told, here);
        }
        let directory = write(&site);
        let nginx = nginx_in(&nginx, directory.path()).spawn().unwrap();
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
    // With memory, whoever has come in would still be told while the store is away.
    let Some(site) = Site::open("[sessions]\nin_memory = 0", "http").await else { return };
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

#[tokio::test]
async fn nginx_before_the_service_alone_says_who_asks_and_over_what() {
    for (scheme, status) in [("https", 201), ("http", 403)] {
        let Some(site) = Site::open_plain(scheme).await else { return };
        let login = json!({ "login": "ann", "password": vestibule_tests::PASSWORD });
        let answer = site.caller.post_json("/session/login", login).await;
        assert_eq!(answer.status, status, "a password over {scheme}: {answer:?}");
    }
}

/// As they stand, TLS included; but a port below 1024 takes a right.
#[tokio::test]
async fn nginx_finds_no_fault_with_the_sites_of_the_how_tos() {
    let Some(nginx) = tool("nginx", "nginx-light", &["-v"]) else { return };
    let certificate = rcgen::generate_simple_self_signed(["app.example.com".to_owned()]).unwrap();
    for site in [asking_site(), plain_site()] {
        for (site, is_good) in [(site.clone(), true), (site.replace("proxy_set_header", "proxy_set_heading"), false)] {
            let site = site.replace("listen 443 ssl;", &format!("listen {} ssl;", free_address()));
            let directory = write(&site.replace("/etc/nginx/tls", "tls"));
            fs::write(directory.path().join("tls.crt"), certificate.cert.pem()).unwrap();
            fs::write(directory.path().join("tls.key"), certificate.signing_key.serialize_pem()).unwrap();
            let output = nginx_in(&nginx, directory.path()).arg("-t").output().await.unwrap();
            assert_eq!(output.status.success(), is_good, "{site}\n{}", String::from_utf8_lossy(&output.stderr));
        }
    }
}
