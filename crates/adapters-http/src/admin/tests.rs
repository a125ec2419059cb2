use std::{future::pending, sync::Arc, time::Duration};

use axum::{
    Extension,
    body::to_bytes,
    routing::{get, post},
};
use http::StatusCode;
use serde_json::Value;
use tower::ServiceExt;
use utoipa::openapi::OpenApi;
use vestibule_application::ports::MockIds;

use super::*;
use crate::{
    client::Connection,
    testing::{Lines, nothing_at_hand},
};

/// Who is asked, with some routes that misbehave.
fn operators() -> Front {
    let mut ids = MockIds::new();
    ids.expect_next().returning(|| uuid::Uuid::from_u128(7));
    let shared = Shared {
        ids: Arc::new(ids),
        trusted_proxies: Arc::new([]),
        request_timeout: Duration::from_millis(100),
        answer_timeout: Duration::from_millis(100),
        cors_origins: Arc::new(["https://app.example".to_owned()]),
        at_hand: nothing_at_hand(),
        jwks: Arc::new(|| Value::Null),
    };
    let defect = async || -> Response { panic!("a defect") };
    let router = Router::new()
        .route("/echo", post(async |body: String| body))
        .route("/name", get(async |Extension(id): Extension<RequestId>| id.to_string()))
        .route("/defect", get(defect))
        .route("/late", get(async || pending::<Response>().await));
    let readiness = health::Readiness::new(Vec::new(), Arc::default());
    front([health::router(Arc::new(readiness)), router], [].into(), &shared)
}

async fn ask(method: &str, path: &str, body: Body) -> (StatusCode, http::HeaderMap, String) {
    let request = Request::builder().method(method).uri(path).header("origin", "https://app.example");
    let request = request.header("host", "localhost");
    let request = request.body(body).unwrap();
    let response = operators().answer(request, Connection::plain(([127, 0, 0, 1], 4711).into())).await;
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn handlers_get_the_body_and_what_the_request_is_called() {
    assert_eq!(ask("POST", "/echo", Body::from("said")).await.2, "said");
    assert_eq!(ask("GET", "/name", Body::empty()).await.2, "00000000-0000-0000-0000-000000000007");
}

#[tokio::test]
async fn what_no_router_answers_is_refused_by_a_problem_document() {
    let (status, headers, body) = ask("GET", "/nowhere", Body::empty()).await;
    assert_eq!(
        (status, &headers["content-type"]),
        (StatusCode::NOT_FOUND, &"application/problem+json".parse().unwrap())
    );
    assert!(body.contains("\"code\":\"not_found\""), "{body}");

    let (status, headers, _) = ask("GET", "/echo", Body::empty()).await;
    assert_eq!((status, &headers["allow"]), (StatusCode::METHOD_NOT_ALLOWED, &"POST".parse().unwrap()));
    assert_eq!(headers["content-type"], "application/problem+json");
}

#[tokio::test]
async fn what_is_too_long_or_takes_too_long_or_breaks_is_refused() {
    let long = Body::from(vec![b'x'; inbound::MAX_BODY + 1]);
    assert_eq!(ask("POST", "/echo", long).await.0, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(ask("GET", "/late", Body::empty()).await.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, _, body) = ask("GET", "/defect", Body::empty()).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert!(body.contains("00000000-0000-0000-0000-000000000007") && !body.contains("defect"), "{body}");
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_told_to_the_log() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
    let guard = tracing::subscriber::set_default(subscriber);
    assert_eq!(ask("GET", "/late", Body::empty()).await.0, StatusCode::SERVICE_UNAVAILABLE);
    drop(guard);
    let log = lines.text();
    assert!(log.contains("server.answer_timeout") && log.contains("00000000-0000-0000-0000-000000000007"), "{log}");
}

#[tokio::test]
async fn no_page_of_another_origin_reads_an_answer() {
    let (status, headers, _) = ask("GET", "/health/live", Body::empty()).await;
    assert_eq!((status, headers.get("access-control-allow-origin")), (StatusCode::OK, None));
    assert_eq!(headers["cache-control"], "no-store");
}

#[tokio::test]
async fn the_documents_and_the_page_are_there_without_a_token_and_without_the_network() {
    let public_url = url::Url::parse("https://id.example/").unwrap();
    let written: [(&str, documents::Write); 2] =
        [("admin", Arc::new(v1::document)), ("other", Arc::new(OpenApi::default))];
    let documents = || documents::router(written.to_vec(), &public_url);
    for (path, has) in [
        ("/openapi.json", "/openapi/admin.json"),
        ("/openapi.json", "/openapi/other.json"),
        ("/openapi.json", "\"openapi\":\"3.1"),
        ("/openapi/admin.json", "\"/admin/v1/users/{user}\""),
        ("/openapi/other.json", "\"openapi\":\"3.1"),
        ("/docs/swagger-initializer.js", "/openapi/admin.json"),
        ("/docs/swagger-initializer.js", "/openapi/other.json"),
    ] {
        let answer = documents().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        let body = String::from_utf8_lossy(&body);
        assert!(body.contains(has) && !body.contains("//cdn."), "{path}: {body}");
    }
    // What never changes lies in the program as it is sent.
    for path in ["/docs/", "/docs/swagger-ui-bundle.js"] {
        let answer = documents().oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
        assert_eq!(
            (answer.status(), &answer.headers()["content-encoding"]),
            (StatusCode::OK, &"gzip".parse().unwrap())
        );
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        assert!(body.starts_with(&[0x1f, 0x8b]), "{path}");
    }
}
