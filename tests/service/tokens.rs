//! M1: a token opens only its own door. Every kind of token is presented in every place where any API takes one, at every
//! route that is mounted, and has an effect only in the cells below: elsewhere the answer is that to a token of the same
//! form that was never issued.

use std::{collections::BTreeSet, time::Duration};

use reqwest::Method;
use serde_json::{Value, json};
use vestibule_domain::node::NodeName;
use vestibule_tests::{Answer, PASSWORD, TestApp};

const KINDS: [&str; 7] =
    ["anonymous session", "session", "signed token", "node's session", "API token", "login token", "node's secret"];
const SESSIONS: [&str; 4] = ["anonymous session", "session", "signed token", "node's session"];
const OF_SOMEBODY: [&str; 3] = ["session", "signed token", "node's session"];

const PLACES: [&str; 9] = [
    "query token",
    "query session_key",
    "x-easydb-token",
    "bearer",
    "Token token",
    "JSESSIONID",
    "_pos_session",
    "__Host-vestibule_session",
    "body",
];

/// A kind of token, a route, and a place at which it is looked at.
type Cell = (&'static str, String, &'static str);

/// The cells with an effect.
fn allowed() -> BTreeSet<Cell> {
    let mut cells = BTreeSet::new();
    let mut allow = |kinds: &[&'static str], routes: &[&str], places: &[&'static str]| {
        for kind in kinds {
            cells.extend(
                routes.iter().flat_map(|route| places.iter().map(|place| (*kind, (*route).to_owned(), *place))),
            );
        }
    };
    allow(&SESSIONS, &["GET /api/session"], &["query token", "x-easydb-token", "bearer"]);
    allow(&SESSIONS, &["POST /api/session/authenticate"], &["query token", "x-easydb-token", "body", "bearer"]);
    allow(&SESSIONS, &["GET /session/logout/", "GET /session/logout"], &["query session_key", "bearer"]);
    allow(&OF_SOMEBODY, &["GET /session/user", "GET /session/user/details"], &["bearer", "JSESSIONID"]);
    allow(&SESSIONS, &["POST /session/logout"], &["bearer", "JSESSIONID"]);
    let verify = ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"].map(|method| format!("{method} /verify"));
    let verify = verify.each_ref().map(String::as_str);
    let headers = ["x-easydb-token", "bearer", "JSESSIONID", "_pos_session", "__Host-vestibule_session"];
    allow(&OF_SOMEBODY, &verify, &headers);
    allow(&OF_SOMEBODY, &verify, &["query token", "query session_key"]);
    allow(&["API token"], &["POST /introspect"], &["Token token", "bearer"]);
    allow(&["API token"], &["POST /api/sessions", "DELETE /api/sessions"], &["Token token", "bearer"]);
    allow(&["login token"], &["POST /session/login-with-token"], &["body"]);
    allow(&["node's secret"], &["POST /session/node/login"], &["body"]);
    cells
}

/// A service with somebody of each kind.
struct House {
    app: TestApp,
    api_token: String,
    node_secret: String,
}

impl House {
    async fn open() -> Self {
        let limits =
            ["account_failures", "account_failures_in_all", "address_failures", "client_failures", "failures_total"];
        let throttle: String = limits.map(|limit| format!("{limit} = 100000\n")).concat();
        let app = TestApp::with(&format!("[throttle]\n{throttle}")).await;
        app.user("ann", &[]).await;
        let api_token = app.api_token("shop").await;
        let node = app.operator.add_node(NodeName::parse("backup").unwrap()).await.unwrap();
        Self { app, api_token, node_secret: node.secret.expose().to_owned() }
    }

    /// A token of this kind that nobody has used.
    async fn fresh(&self, kind: &str) -> String {
        let (email, app) = ("ann@example.com", &self.app);
        match kind {
            "anonymous session" => app.get("/api/session").await.text("/token"),
            "session" => {
                app.post_form("/session/login/", &[("email", email), ("password", PASSWORD)]).await.text("/session_key")
            }
            "signed token" => {
                let body = json!({ "email": email, "password": PASSWORD });
                app.post_json("/api/session", body).await.text("/data/0/token")
            }
            "node's session" => {
                let body = json!({ "name": "backup", "secret": self.node_secret });
                app.post_json("/session/node/login", body).await.cookie("JSESSIONID").unwrap()
            }
            "API token" => self.api_token.clone(),
            "node's secret" => self.node_secret.clone(),
            "login token" => {
                let issued = app.operator.issue_login_token("ann", Duration::from_mins(5)).await.unwrap();
                issued.token.expose().to_owned()
            }
            unknown => panic!("{unknown}"),
        }
    }

    /// Presents a token at a route in one place, with all else that a request there may need.
    async fn present(&self, route: &str, place: &str, token: &str) -> Answer {
        let (method, path) = route.split_once(' ').unwrap();
        let mut request = self.app.request(Method::from_bytes(method.as_bytes()).unwrap(), path);
        let in_body = if place == "body" { token } else { "nothing" };
        request = match place {
            "query token" => request.query(&[("token", token)]),
            "query session_key" => request.query(&[("session_key", token)]),
            "bearer" => request.bearer_auth(token),
            "Token token" => request.header("authorization", format!("Token token={token}")),
            "x-easydb-token" => request.header(place, token),
            "body" => request,
            cookie => request.header("cookie", format!("{cookie}={token}")).header("sec-fetch-site", "same-origin"),
        };
        if method == "POST" {
            let mut body = json!({ "login": "ann", "email": "ann@example.com", "name": "backup", "password": in_body });
            for name in ["token", "session_key", "secret"].iter().filter(|_| place == "body") {
                body[name] = token.into();
            }
            request = request.json(&body);
        }
        self.app.send(request).await
    }
}

/// A token of the same form that was never issued.
fn never_issued(token: &str) -> String {
    match token.rsplit_once('.') {
        Some((claims, signature)) => format!("{claims}.{}", signature.chars().rev().collect::<String>()),
        None => "c473472d-c085-4043-9bf0-ee80bff73d40".to_owned(),
    }
}

/// An answer without what is different each time.
fn gist(answer: &Answer, token: &str) -> String {
    let cookies = answer.headers.get_all("set-cookie").iter();
    let cookies: Vec<_> = cookies.map(|line| line.to_str().unwrap().split('=').next().unwrap().to_owned()).collect();
    let body: String = answer.body.replace(token, "it").chars().filter(char::is_ascii_alphabetic).collect();
    // Identifiers and tokens are hexadecimal digits; words have other letters.
    let body = body.split_inclusive(|letter| !matches!(letter, 'a'..='f')).filter(|part| part.len() == 1);
    format!("{} {cookies:?} {}", answer.status, body.collect::<String>())
}

#[tokio::test]
async fn m1_a_token_opens_only_its_own_door() {
    let house = House::open().await;
    let output = house.app.command(&["routes", "--json"], "").await;
    let table: Vec<Value> = serde_json::from_slice(&output.stdout).unwrap();
    let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
    // Other spellings of a route have its handler, and `account` is not about sessions.
    let spellings = ["/api/v1/", "/account/", "/verify/"];
    let is_spelled = |path: &str| path.contains(".json") || spellings.iter().any(|prefix| path.starts_with(prefix));
    let routes: BTreeSet<String> = table
        .iter()
        .filter(|row| !is_spelled(&text(row, "path")))
        .map(|row| format!("{} {}", text(row, "method"), text(row, "path")))
        .collect();
    let (mut found, mut cells) = (BTreeSet::new(), 0);
    for route in &routes {
        for place in PLACES {
            for kind in KINDS {
                let token = house.fresh(kind).await;
                let other = never_issued(&token);
                let expected = gist(&house.present(route, place, &other).await, &other);
                cells += 1;
                if gist(&house.present(route, place, &token).await, &token) != expected {
                    found.insert((kind, route.clone(), place));
                }
            }
        }
    }
    eprintln!("{cells} cells, {} with an effect", found.len());
    let allowed = allowed();
    let (unheard, missing) =
        (found.difference(&allowed).collect::<Vec<_>>(), allowed.difference(&found).collect::<Vec<_>>());
    assert!(unheard.is_empty() && missing.is_empty(), "unheard of: {unheard:#?}\nwithout effect: {missing:#?}");
}
