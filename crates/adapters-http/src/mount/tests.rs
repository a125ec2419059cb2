use std::{collections::BTreeSet, sync::Arc, time::Duration};

use async_trait::async_trait;
use axum::{body::Body, response::Response};
use http::{HeaderValue, Method, Request, StatusCode};
use tokio::sync::Notify;
use uuid::Uuid;
use vestibule_application::{
    ports::{CaughtUp, MockIds},
    use_cases::{describe_session, start_session, verify_session},
};

use super::*;
use crate::{
    client::Connection,
    dialect::{Dialect, Edition, Refusal, Route},
    inbound::Inbound,
    openapi::Description,
    testing::nothing_at_hand,
};

/// A dialect that says its name.
struct Fake(&'static str, &'static [(&'static str, &'static str, bool)]);

impl Dialect for Fake {
    fn name(&self) -> &'static str {
        self.0
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        let route = |(method, path, yields): &(&'static str, &'static str, bool)| {
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let answer = async |fake: Arc<Self>, inbound: Inbound| {
                assert!(inbound.uri.path() != "/panic", "as asked");
                if inbound.uri.path() == "/late" {
                    tokio::time::sleep(Duration::from_millis(300)).await;
                    LATE.notify_one();
                }
                Response::new(Body::from(fake.0))
            };
            let describe = |_: &Self| Description::new("Says its name.").answers_bare(StatusCode::OK, "It.");
            let route = Route::new("answer", method, path, &self, answer, describe);
            if *yields { route.yielding() } else { route }
        };
        self.1.iter().map(route).collect()
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        let status = match refusal {
            Refusal::NotFound => StatusCode::NOT_FOUND,
            Refusal::MethodNotAllowed => StatusCode::METHOD_NOT_ALLOWED,
            Refusal::BodyTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Refusal::Malformed(_) | Refusal::TimedOut => StatusCode::BAD_REQUEST,
            Refusal::Unavailable { .. } | Refusal::Internal { .. } => StatusCode::SERVICE_UNAVAILABLE,
        };
        let mut response = Response::new(Body::from(format!("{} refuses", self.0)));
        *response.status_mut() = status;
        response
    }
}

/// Told when the work on a late answer is done.
static LATE: tokio::sync::Notify = tokio::sync::Notify::const_new();

fn at(prefix: &str, hosts: &[&str], dialect: Fake) -> Mount {
    let hosts: BTreeSet<String> = hosts.iter().map(|host| (*host).to_owned()).collect();
    Mount { dialect: Arc::new(dialect), edition: Edition::Documented, prefix: prefix.to_owned(), hosts }
}

fn shared() -> Shared {
    let mut ids = MockIds::new();
    ids.expect_next().returning(|| Uuid::from_u128(7));
    let jwks = Arc::new(|| serde_json::json!({ "keys": [] }));
    let (request_timeout, answer_timeout) = (Duration::from_secs(5), Duration::from_secs(5));
    let (trusted_proxies, cors_origins) = (Arc::new([]), Arc::new([]));
    let (ids, at_hand) = (Arc::new(ids), nothing_at_hand());
    Shared { ids, trusted_proxies, request_timeout, answer_timeout, cors_origins, at_hand, jwks }
}

fn peer() -> Connection {
    Connection::plain(([127, 0, 0, 1], 4711).into())
}

async fn ask(front: &Front, method: &str, host: &str, path: &str) -> (StatusCode, String, Response<()>) {
    let request = Request::builder().method(method).uri(path).header("host", host).body(Body::empty()).unwrap();
    let (parts, body) = front.answer(request, peer()).await.into_parts();
    let body = axum::body::to_bytes(body, 1 << 20).await.unwrap();
    (parts.status, String::from_utf8(body.to_vec()).unwrap(), Response::from_parts(parts, ()))
}

const A: Fake = Fake("a", &[("GET", "/s", false), ("POST", "/s/in/", false)]);
const B: Fake = Fake("b", &[("POST", "/s", false), ("POST", "/s/in", false), ("GET", "/panic", false)]);

/// TX-1.
#[tokio::test]
async fn paths_are_exact_and_slashes_tell_dialects_apart() {
    let front = mount(&[at("", &[], A), at("", &[], B)], &shared()).unwrap();
    for (method, path, status, body) in [
        ("GET", "/s", 200, "a"),
        ("POST", "/s", 200, "b"),
        ("POST", "/s/in/", 200, "a"),
        ("POST", "/s/in", 200, "b"),
        ("POST", "/s/in//", 404, "a refuses"),
        ("POST", "//s/in", 404, ""),
        ("PUT", "/s", 405, "a refuses"),
        ("GET", "/S", 404, ""),
    ] {
        let (got, text, response) = ask(&front, method, "x", path).await;
        assert_eq!(got, status, "{method} {path}");
        assert!(text.starts_with(body), "{method} {path}: {text}");
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
    assert_eq!(ask(&front, "PUT", "x", "/s").await.2.headers()["allow"], "GET, POST");
}

#[tokio::test]
async fn the_public_keys_are_where_verifiers_look() {
    let front = mount(&[at("", &["one.test"], A)], &shared()).unwrap();
    for host in ["one.test", "other.test"] {
        let (status, body, response) = ask(&front, "GET", host, "/.well-known/jwks.json").await;
        assert_eq!((status, body.as_str()), (StatusCode::OK, r#"{"keys":[]}"#));
        assert_eq!(response.headers()["content-type"], "application/jwk-set+json");
        assert_eq!(response.headers()["cache-control"], "public, max-age=60");
    }
}

#[tokio::test]
async fn head_never_runs_a_get_that_may_have_effects() {
    let front = mount(&[at("", &[], A)], &shared()).unwrap();
    assert_eq!(ask(&front, "HEAD", "x", "/s").await.0, 405);
}

#[tokio::test]
async fn a_host_that_is_named_has_its_own_mounts_and_those_of_any_host() {
    let front = mount(
        &[at("", &["one.test"], A), at("", &["two.test"], Fake("c", &[("GET", "/s", false)])), at("/p", &[], B)],
        &shared(),
    )
    .unwrap();
    assert_eq!(ask(&front, "GET", "ONE.test:8080", "/s").await.1, "a");
    assert_eq!(ask(&front, "GET", "two.test", "/s").await.1, "c");
    assert_eq!(ask(&front, "GET", "other.test", "/s").await.0, 404);
    assert_eq!(ask(&front, "POST", "other.test", "/p/s").await.1, "b");
    assert_eq!(ask(&front, "POST", "one.test", "/p/s").await.1, "b");
}

#[test]
fn two_owners_of_one_route_are_both_named() {
    let clash = mount(&[at("/p", &["h.test"], A), at("/p", &[], Fake("c", &[("GET", "/s", false)]))], &shared());
    let message = clash.err().unwrap().to_string();
    assert!(
        message.contains("GET /p/s")
            && message.contains("mount 1 (a documented on h.test)")
            && message.contains("mount 2 (c documented)"),
        "{message}"
    );
    assert!(mount(&[at("", &["a.test"], A), at("", &["b.test"], A)], &shared()).is_ok());
}

#[tokio::test]
async fn a_yielding_route_gives_way_wherever_it_stands() {
    let yielding = Fake("y", &[("POST", "/s/in", true), ("GET", "/s/in", true)]);
    let front = mount(&[at("", &[], yielding), at("", &[], B)], &shared()).unwrap();
    assert_eq!(ask(&front, "POST", "x", "/s/in").await.1, "b");
    assert_eq!(ask(&front, "GET", "x", "/s/in").await.1, "y");
}

#[tokio::test]
async fn a_panic_is_answered_and_requests_keep_their_names() {
    let front = mount(&[at("", &[], B)], &shared()).unwrap();
    let (status, body, response) = ask(&front, "GET", "x", "/panic").await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "b refuses"));
    assert_eq!(response.headers()["x-request-id"], Uuid::from_u128(7).to_string());
    let named = Request::builder().uri("/").header("x-request-id", "caller.1").body(Body::empty()).unwrap();
    assert_eq!(front.answer(named, peer()).await.headers()["x-request-id"], "caller.1");
    let ill_formed = Request::builder().uri("/").header("x-request-id", "a b").body(Body::empty()).unwrap();
    assert_ne!(front.answer(ill_formed, peer()).await.headers()["x-request-id"], "a b");
}

#[tokio::test]
async fn a_body_over_the_limit_is_refused_by_its_dialect() {
    let front = mount(&[at("", &[], A)], &shared()).unwrap();
    let request =
        |size: usize| Request::builder().method("POST").uri("/s/in/").body(Body::from(vec![b'a'; size])).unwrap();
    assert_eq!(front.answer(request(64 * 1024), peer()).await.status(), 200);
    assert_eq!(front.answer(request(64 * 1024 + 1), peer()).await.status(), 413);
}

#[tokio::test]
async fn a_target_that_is_too_long_and_too_many_fields_are_refused() {
    let front = mount(&[at("", &[], A)], &shared()).unwrap();
    let path = |length: usize| format!("/s?{}", "a".repeat(length - 3));
    assert_eq!(ask(&front, "GET", "x", &path(8192)).await.0, 200);
    let (status, _, response) = ask(&front, "GET", "x", &path(8193)).await;
    assert_eq!((status.as_u16(), &response.headers()["cache-control"]), (414, &HeaderValue::from_static("no-store")));
    let fields = |count: usize| {
        let named = (0..count).fold(Request::builder().uri("/s"), |request, at| request.header(format!("a{at}"), "b"));
        named.body(Body::empty()).unwrap()
    };
    assert_eq!(front.answer(fields(64), peer()).await.status(), 200);
    assert_eq!(front.answer(fields(65), peer()).await.status(), 431);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_not_waited_for_and_its_work_goes_on() {
    let shared = Shared { answer_timeout: Duration::from_millis(50), ..shared() };
    let front = mount(&[at("", &[], Fake("slow", &[("GET", "/late", false)]))], &shared).unwrap();
    let (status, body, _) = ask(&front, "GET", "x.test", "/late").await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "slow refuses"));
    LATE.notified().await;
}

/// A dialect of which one thing is at hand or will be, and another seems to be.
struct AtHand;

/// When somebody was asked who has to be heard.
static DONE: Notify = Notify::const_new();

impl Dialect for AtHand {
    fn name(&self) -> &'static str {
        "at-hand"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        let asked = async |_: Arc<Self>, inbound: Inbound| {
            if inbound.uri.query() == Some("has-effects") {
                DONE.notify_one();
            }
            Response::new(Body::from("asked"))
        };
        let describe = |_: &Self| Description::new("Says how.").answers_bare(StatusCode::OK, "It.");
        let route = |path| Route::new("answer", Method::GET, path, &self, asked, describe).with_head();
        let at_hand = route("/s").at_hand(&self, |_, head| {
            let is_told = match head.uri.query() {
                None => true,
                Some("wait") => head.caught_up == Some(CaughtUp(4)),
                Some(_) => false,
            };
            is_told.then(|| Response::new(Body::from("at hand")))
        });
        vec![at_hand, route("/defect").at_hand(&self, |_, _| panic!("as asked"))]
    }

    fn refuse(&self, _: Refusal) -> Response {
        Response::default()
    }
}

fn at_hand() -> Mount {
    let dialect = Arc::new(AtHand);
    Mount { dialect, edition: Edition::Documented, prefix: String::new(), hosts: BTreeSet::new() }
}

#[tokio::test]
async fn what_is_at_hand_is_answered_so_and_all_else_by_asking() {
    let front = mount(&[at_hand()], &shared()).unwrap();
    for (method, path, body) in
        [("GET", "/s", "at hand"), ("GET", "/s?wait", "asked"), ("HEAD", "/s", ""), ("GET", "/defect", "asked")]
    {
        let (status, text, response) = ask(&front, method, "x", path).await;
        assert_eq!((status, text.as_str()), (StatusCode::OK, body), "{method} {path}");
        for header in ["cache-control", "content-security-policy", "x-content-type-options", "referrer-policy"] {
            assert!(response.headers().contains_key(header), "{method} {path} has no {header}");
        }
        assert_eq!(response.headers()["x-request-id"], "00000000-0000-0000-0000-000000000007");
    }
    let request = Request::get("/s").body(Body::from("a body")).unwrap();
    assert!(front.at_hand(&request, peer()).is_none(), "a body may say more");
    let answered: u64 = front
        .traffic()
        .flat_map(|(_, _, meter)| meter.answered())
        .filter(|(class, _)| *class == "2xx")
        .map(|(_, count)| count)
        .sum();
    assert_eq!(answered, 4, "each is counted, and once");
}

/// Has others heard as soon as this tells it to; and may know something before.
#[derive(Default)]
struct Hears {
    heard: Arc<Notify>,
    tells_at_once: bool,
}

#[async_trait]
impl AtHandApi for Hears {
    fn tells_at_once(&self) -> bool {
        self.tells_at_once
    }

    async fn catch_up(&self) -> Option<CaughtUp> {
        self.heard.notified().await;
        Some(CaughtUp(4))
    }

    fn described(&self, _: &describe_session::Command, _: Option<CaughtUp>) -> Option<describe_session::Outcome> {
        None
    }

    fn started(&self, _: start_session::Command, _: Option<CaughtUp>) -> Option<start_session::Outcome> {
        None
    }

    fn verified(&self, _: &verify_session::Command, _: Option<CaughtUp>) -> Option<verify_session::Outcome> {
        None
    }
}

#[tokio::test]
async fn what_is_at_hand_once_others_were_heard_is_waited_for_and_nothing_else() {
    let heard = Arc::new(Notify::new());
    let front = |tells_at_once| {
        let api = Hears { heard: Arc::clone(&heard), tells_at_once };
        mount(&[at_hand()], &Shared { at_hand: Arc::new(api), ..shared() }).unwrap()
    };
    let (eager, patient) = (front(true), front(false));
    for (of, path, waits, body) in [
        (&eager, "/s", false, "at hand"),
        (&patient, "/s", true, "at hand"),
        (&eager, "/s?wait", true, "at hand"),
        (&eager, "/s?other", true, "asked"),
        (&patient, "/s?other", true, "asked"),
        (&eager, "/", false, ""),
        (&patient, "/", false, ""),
    ] {
        let answer = async { ask(of, "GET", "x", path).await.1 };
        let mut answer = std::pin::pin!(answer);
        assert_eq!(futures_util::poll!(answer.as_mut()).is_pending(), waits, "{path}");
        if waits {
            heard.notify_one();
            assert_eq!(answer.await, body, "{path}");
        }
    }
}

#[tokio::test]
async fn what_a_client_asked_for_is_done_though_it_hung_up_while_others_were_waited_for() {
    let shared = Shared { at_hand: Arc::new(Hears::default()), ..shared() };
    let front = mount(&[at_hand()], &shared).unwrap();
    {
        let request = Request::get("/s?has-effects").body(Body::empty()).unwrap();
        let mut answer = std::pin::pin!(front.answer(request, peer()));
        assert!(futures_util::poll!(answer.as_mut()).is_pending());
    }
    DONE.notified().await;
}

#[tokio::test]
async fn pages_of_other_origins_are_told_that_they_may_read_what_is_at_hand() {
    let shared = Shared { cors_origins: Arc::new(["https://app.test".to_owned()]), ..shared() };
    let front = mount(&[at_hand()], &shared).unwrap();
    let request = Request::get("/s").header("origin", "https://app.test").body(Body::empty()).unwrap();
    let response = front.answer(request, peer()).await;
    assert_eq!(response.headers()["access-control-allow-origin"], "https://app.test");
}
