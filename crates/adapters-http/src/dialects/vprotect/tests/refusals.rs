//! What never reaches a use case: transport, methods, paths, sizes.

use super::*;
use crate::{
    dialect::{Dialect, Refusal},
    testing::begun,
};

#[tokio::test]
async fn credentials_are_taken_where_nobody_reads_them_on_the_way() {
    let insecure = told(403, "insecure_transport", "credentials are taken over HTTPS only");
    for path in ["/session/login", "/session/node/login", "/session/login-with-token"] {
        let answer = Ask::post(path).json(LOGIN).remote().of(documented(MockSessionApi::new())).await;
        assert_eq!(answer.text(), insecure, "{path}");
    }
    let mut api = MockSessionApi::new();
    api.expect_log_in()
        .times(1)
        .withf(|command| command.caller.address.to_string() == "203.0.113.7")
        .returning(|_| Ok(begun("vprotect", user())));
    assert_eq!(Ask::post("/session/login").json(LOGIN).over_tls().of(documented(api)).await.status, 201);
}

#[tokio::test]
async fn what_no_route_answers_is_told_as_an_error() {
    let ask = async |ask: Ask| ask.of(documented(MockSessionApi::new())).await;
    let nowhere = ask(Ask::get("/session/login/")).await;
    assert_eq!(nowhere.text(), told(404, "not_found", "there is nothing at this path"));
    for (method, path, allow) in [
        ("GET", "/session/login", "POST"),
        ("HEAD", "/session/logout", "POST"),
        ("POST", "/session", "GET, HEAD"),
        ("DELETE", "/session/user", "GET, HEAD"),
    ] {
        let answer = ask(Ask::new(method, path)).await;
        assert_eq!((answer.status.as_u16(), answer.header("allow")), (405, allow), "{method} {path}");
    }
    let large = ask(Ask::post("/session/login").json(&" ".repeat(64 * 1024 + 1))).await;
    assert_eq!(large.text(), told(413, "body_too_large", "the body is too large"));
}

#[tokio::test]
async fn every_refusal_has_a_code() {
    let refuse = async |refusal| {
        let response = documented(MockSessionApi::new()).refuse(refusal);
        let (status, retry) = (response.status().as_u16(), response.headers().contains_key("retry-after"));
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        (status, body["code"].as_str().unwrap().to_owned(), retry)
    };
    for (refusal, status, code, retry) in [
        (Refusal::NotFound, 404, "not_found", false),
        (Refusal::MethodNotAllowed, 405, "method_not_allowed", false),
        (Refusal::BodyTooLarge, 413, "body_too_large", false),
        (Refusal::Malformed("why"), 400, "malformed_request", false),
        (Refusal::TimedOut, 408, "timed_out", false),
        (Refusal::Unavailable { retry_after: Duration::ZERO }, 503, "unavailable", true),
        (Refusal::Internal { request_id: "7".to_owned() }, 500, "internal", false),
    ] {
        assert_eq!(refuse(refusal).await, (status, code.to_owned(), retry));
    }
}
