//! Handlers on a mocked port: statuses, headers and bodies.

use std::{
    io,
    sync::atomic::{AtomicU32, Ordering::Relaxed},
    time::Duration,
};

use axum::{
    body::{Body, to_bytes},
    extract::Request,
};
use http::{HeaderMap, StatusCode};
use rstest::rstest;
use tower::ServiceExt;
use uuid::Uuid;
use vestibule_application::{
    api::admin::{Admitted, MockAdminApi, MockAdmission},
    operator::{
        Error,
        clients::ClientWithToken,
        explanation::{Expiry, Explanation},
        pages::{Page, WhichUsers},
        sessions::SessionReport,
        users::Added,
    },
    policies::password::TooSimple,
    ports::{Conflict, HashError, MockClock, StoreError, UnusableHash},
};
use vestibule_domain::{
    client::{Client, ClientId, ClientName, Scope},
    secret::OpaqueToken,
    session::{DeviceName, Origin, Session, SessionId, Standing},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const ANN: &str = "00000000-0000-0000-0000-000000000001";

fn client(name: &str, scopes: &[Scope]) -> Client {
    Client {
        id: ClientId::from_uuid(Uuid::from_u128(9)),
        name: ClientName::parse(name).unwrap(),
        created: NOW,
        expires: None,
        revoked: None,
        scopes: scopes.iter().copied().collect(),
    }
}

fn ann() -> User {
    User {
        id: UserId::parse(ANN).unwrap(),
        login: LoginName::parse("ann").unwrap(),
        email: EmailAddress::parse("ann@example.com").unwrap(),
        roles: [].into(),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    }
}

/// An API for an operator who may do everything.
fn api(expect: impl FnOnce(&mut MockAdminApi)) -> Router {
    let mut api = MockAdminApi::new();
    expect(&mut api);
    let admitted = Admitted { operator: client("ops", &[Scope::All]), api: Arc::new(api) };
    let mut admission = MockAdmission::new();
    admission.expect_admit().returning(move |_, _| Ok(Some(admitted.clone())));
    let mut clock = MockClock::new();
    clock.expect_now().return_const(NOW);
    router(Arc::new(admission), Arc::new(clock), serde_json::json!({ "log.format": "json" }), Arc::default())
}

async fn ask(router: Router, request: http::request::Builder, body: &str) -> (StatusCode, HeaderMap, String) {
    let token = format!("Bearer vestibule_operator_{}", "a".repeat(64));
    let request: Request = request.header("authorization", token).body(Body::from(body.to_owned())).unwrap();
    let (parts, body) = router.oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

async fn get(router: Router, path: &str) -> (StatusCode, HeaderMap, String) {
    ask(router, Request::get(format!("/admin/v1{path}")), "").await
}

#[tokio::test]
async fn a_user_is_shown_with_a_tag() {
    let router = api(|api| {
        api.expect_user().withf(|id| id.to_string() == ANN).returning(|_| Ok(ann()));
    });
    let (status, headers, body) = get(router, &format!("/users/{ANN}")).await;
    insta::assert_snapshot!(format!("{status} {:?}\n{body}", headers["etag"]), @r#"
    200 OK "\"2270f788f960f5a35b3bfa915d8d34cc\""
    {"id":"00000000-0000-0000-0000-000000000001","login":"ann","email":"ann@example.com","roles":[],"disabled":false,"sex":"M","name":null,"surname":null,"nickname":null,"birthdate":null,"default_city":"WARSZAWA","time_zone":"UTC","created":"2026-11-18T11:06:40Z","last_successful_login":null,"last_failed_login":null}
    "#);
}

#[tokio::test]
async fn a_users_tag_stays_when_somebody_tries_to_log_in() {
    let tried = User { last_failed_login: Some(NOW), last_successful_login: Some(NOW), ..ann() };
    let disabled = User { disabled: true, ..ann() };
    let mut tags = Vec::new();
    for user in [ann(), tried, disabled] {
        let router = api(|api| {
            api.expect_user().returning(move |_| Ok(user.clone()));
        });
        tags.push(get(router, &format!("/users/{ANN}")).await.1["etag"].clone());
    }
    assert_eq!(tags[0], tags[1]);
    assert_ne!(tags[0], tags[2]);
}

#[tokio::test]
async fn a_creation_has_the_tag_of_what_is_created_whoever_tried_to_log_in_meanwhile() {
    let tried = User { last_failed_login: Some(NOW), ..ann() };
    let router = api(|api| {
        api.expect_add_user().return_once(|_| Ok(Added { user: tried, created_roles: Vec::new() }));
        api.expect_user().returning(|_| Ok(ann()));
    });
    let request = Request::post("/admin/v1/users").header("content-type", "application/json");
    let new = r#"{"login":"ann","email":"ann@example.com","password":"a long walk at dusk"}"#;
    let (status, headers, _) = ask(router.clone(), request, new).await;
    let location = headers["location"].to_str().unwrap().strip_prefix("/admin/v1").unwrap();
    assert_eq!((status, &headers["etag"]), (StatusCode::CREATED, &get(router, location).await.1["etag"]));
}

#[tokio::test(start_paused = true)]
async fn few_follow_at_a_time_and_nobody_once_the_service_is_leaving() {
    let mut follows = MockAdminApi::new();
    follows.expect_latest_message().returning(|| Ok(7));
    follows.expect_messages_page().returning(|_, _, _| Ok(Page { items: Vec::new(), next: None }));
    let admitted = Admitted { operator: client("ops", &[Scope::All]), api: Arc::new(follows) };
    let mut admission = MockAdmission::new();
    admission.expect_admit().returning(move |_, _| Ok(Some(admitted.clone())));
    let leaving = Arc::<AtomicBool>::default();
    let router = router(Arc::new(admission), Arc::new(MockClock::new()), serde_json::Value::Null, Arc::clone(&leaving));
    let follow = async || {
        let token = format!("Bearer vestibule_operator_{}", "a".repeat(64));
        let request = Request::get("/admin/v1/messages/stream").header("authorization", token);
        router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    };
    let mut streams = Vec::new();
    for _ in 0..16 {
        streams.push(follow().await);
    }
    assert!(streams.iter().all(|stream| stream.status() == StatusCode::OK));
    let refused = follow().await;
    assert_eq!(
        (refused.status(), &refused.headers()["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"5".parse().unwrap())
    );
    assert_eq!(refused.headers()["content-type"], "application/problem+json");

    drop(streams.pop());
    let stream = follow().await;
    assert_eq!(stream.status(), StatusCode::OK);
    let begun = tokio::time::Instant::now();
    let leave = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        leaving.store(true, Relaxed);
    };
    let (read, ()) = tokio::join!(to_bytes(stream.into_body(), usize::MAX), leave);
    assert!(read.is_ok() && begun.elapsed() < Duration::from_millis(1200), "{:?}", begun.elapsed());
    assert_eq!(follow().await.status(), StatusCode::SERVICE_UNAVAILABLE);
}

/// For how long somebody follows the log who is let in four times, and then for these scopes, if at all.
async fn follows_while_admitted(then: Option<&'static [Scope]>) -> Duration {
    let admitted = AtomicU32::new(0);
    let mut admission = MockAdmission::new();
    admission.expect_admit().returning(move |_, _| {
        let times = admitted.fetch_add(1, Relaxed);
        let mut follows = MockAdminApi::new();
        follows.expect_latest_message().returning(|| Ok(7));
        follows.expect_messages_page().returning(|_, _, _| Ok(Page { items: Vec::new(), next: None }));
        let scopes = if times < 4 { Some(&[Scope::MessagesRead][..]) } else { then };
        Ok(scopes.map(|scopes| Admitted { operator: client("ops", scopes), api: Arc::new(follows) }))
    });
    let router = router(Arc::new(admission), Arc::new(MockClock::new()), serde_json::Value::Null, Arc::default());
    let begun = tokio::time::Instant::now();
    assert_eq!(get(router, "/messages/stream").await.0, StatusCode::OK);
    begun.elapsed()
}

#[tokio::test(start_paused = true)]
async fn who_may_read_the_log_no_more_follows_it_no_longer() {
    for then in [None, Some(&[Scope::UsersRead][..])] {
        // Let in at first, then looked at every half second.
        assert_eq!(follows_while_admitted(then).await.as_millis(), 1500);
    }
    assert!(follows_while_admitted(Some(&[Scope::All])).await >= Duration::from_secs(30));
}

/// OpenAPI demands it.
#[test]
fn every_answer_of_the_document_is_described() {
    let document = serde_json::to_value(document()).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            for (status, answer) in operation["responses"].as_object().unwrap() {
                let description = answer["description"].as_str().unwrap_or_default();
                assert!(!description.is_empty(), "{method} {path}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn a_page_tells_where_the_next_begins() {
    let router = api(|api| {
        api.expect_users_page()
            .withf(|which, after, limit| *which == WhichUsers::All && after.is_none() && *limit == 1)
            .returning(|_, _, _| Ok(Page { items: vec![ann()], next: Some(ann().id) }));
    });
    let (status, _, body) = get(router, "/users?limit=1").await;
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, body["items"].as_array().unwrap().len()), (StatusCode::OK, 1));
    let cursor = body["next_cursor"].as_str().unwrap().to_owned();
    let router = api(|api| {
        api.expect_users_page()
            .withf(|_, after, limit| *after == Some(ann().id) && *limit == 50)
            .returning(|_, _, _| Ok(Page { items: Vec::new(), next: None }));
    });
    let (_, _, body) = get(router, &format!("/users?cursor={cursor}")).await;
    assert_eq!(body, r#"{"items":[],"next_cursor":null}"#);
}

#[tokio::test]
async fn a_made_token_is_shown_and_the_tag_is_of_what_is_shown_later() {
    let added = |api: &mut MockAdminApi| {
        let with_token = || ClientWithToken { client: client("shop", &[]), token: OpaqueToken::from_bits([0xaa; 16]) };
        api.expect_add_client()
            .withf(|name, lifetime| name.as_str() == "shop" && *lifetime == Some(Duration::from_mins(1)))
            .returning(move |_, _| Ok(with_token()));
        api.expect_client().returning(|_| Ok(client("shop", &[])));
    };
    let request = Request::post("/admin/v1/clients").header("content-type", "application/json; charset=utf-8");
    let (status, headers, body) = ask(api(added), request, r#"{"name":"shop","expires_in_seconds":60}"#).await;
    assert_eq!((status, &headers["location"]), (StatusCode::CREATED, &"/admin/v1/clients/shop".parse().unwrap()));
    assert!(body.contains(r#""token":"aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa""#), "{body}");
    let (_, later, body) = get(api(added), "/clients/shop").await;
    assert_eq!(later["etag"], headers["etag"]);
    assert!(!body.contains("token"), "{body}");
}

#[rstest]
#[case::syntax("application/json", "{", 400)]
#[case::unknown_fields("application/json", r#"{"name":"shop","role":"admin"}"#, 400)]
#[case::a_wrong_type("application/json", r#"{"name":1}"#, 400)]
#[case::nothing_of_a_life("application/json", r#"{"name":"shop","expires_in_seconds":0}"#, 400)]
#[case::no_name("application/json", r#"{"name":"a shop"}"#, 422)]
#[case::a_form("application/x-www-form-urlencoded", "name=shop", 415)]
#[tokio::test]
async fn a_body_is_read_strictly(#[case] kind: &str, #[case] body: &str, #[case] status: u16) {
    let request = Request::post("/admin/v1/clients").header("content-type", kind);
    let (answered, headers, body) = ask(api(|_| ()), request, body).await;
    assert_eq!((answered.as_u16(), &headers["content-type"]), (status, &"application/problem+json".parse().unwrap()));
    assert!(body.contains(r#""detail":"#), "{body}");
}

fn away() -> StoreError {
    StoreError::Unavailable(Box::new(io::Error::other("tcp 10.0.0.1")))
}

#[rstest]
#[case::nobody(|| Error::UnknownUser("x".to_owned()), 404, "unknown")]
#[case::disabled(|| Error::Disabled(ann().login), 409, "user_disabled")]
#[case::a_race(|| Error::Conflict(Conflict::Stale), 409, "conflict")]
#[case::outdated(|| Error::Outdated, 412, "outdated")]
#[case::too_simple(|| Error::TooSimple(TooSimple::Guessable), 422, "password_too_simple")]
#[case::overloaded(|| Error::Hash(HashError::Overloaded { retry_after: Duration::from_secs(2) }), 503, "unavailable")]
#[case::unusable(|| Error::Hash(HashError::Unusable(UnusableHash::UnknownFormat)), 500, "internal_error")]
#[case::away(|| Error::Store(away()), 503, "unavailable")]
#[case::malformed(|| Error::Store(StoreError::Malformed("user")), 500, "internal_error")]
#[tokio::test]
async fn what_fails_is_told_by_status_and_code(#[case] error: fn() -> Error, #[case] status: u16, #[case] code: &str) {
    let router = api(|api| {
        api.expect_user().returning(move |_| Err(error()));
    });
    let (answered, headers, body) = get(router, &format!("/users/{ANN}")).await;
    assert_eq!(answered.as_u16(), status);
    assert!(body.contains(&format!(r#""code":"{code}""#)) && !body.contains("10.0.0.1"), "{body}");
    assert_eq!(headers.contains_key("retry-after"), status == 503);
}

#[tokio::test]
async fn a_store_that_is_away_is_no_reason_to_call_anybody_a_stranger() {
    let mut admission = MockAdmission::new();
    admission.expect_admit().returning(|_, _| Err(Error::Store(away())));
    let router = router(Arc::new(admission), Arc::new(MockClock::new()), serde_json::Value::Null, Arc::default());
    assert_eq!(get(router, "/users").await.0, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_session_that_expired_is_explained() {
    let id = SessionId::from_uuid(Uuid::from_u128(5));
    let session = Session::begin(id, Origin::new("test"), DeviceName::default(), NOW, NOW);
    let report = SessionReport { session, holder: None, standing: Standing::Expired };
    let router = api(move |api| {
        api.expect_explain_session().returning(move |id| {
            let session = Some(report.clone());
            Ok(Explanation { id, session, expiry: Some(Expiry::Absolute), messages: Vec::new(), cause: None })
        });
    });
    let (status, _, body) = get(router, "/sessions/00000000-0000-0000-0000-000000000005/explanation").await;
    insta::assert_snapshot!(format!("{status}\n{body}"), @r#"
    200 OK
    {"id":"00000000-0000-0000-0000-000000000005","why":"It had lived as long as a session of its kind may.","session":{"id":"00000000-0000-0000-0000-000000000005","state":"expired","holder":null,"user":null,"node":null,"dialect":"test","device":"Unknown","begun":"2026-11-18T11:06:40Z","authenticated":null,"last_seen":"2026-11-18T11:06:40Z","idle_expires":null,"expires":"2026-11-18T11:06:40Z","ended":null,"end_reason":null},"ended_by":null,"events":[]}
    "#);
}
