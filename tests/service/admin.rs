//! The Admin API of a running service.

mod conflicts;
mod endings;
mod explained;
mod followed;
mod generated;
mod names;
mod pages;
mod scopes;

use reqwest::{Method, RequestBuilder, header::HeaderName};
use serde_json::{Value, json};
use vestibule_domain::client::{ClientName, Scope};
use vestibule_tests::{Answer, PASSWORD, TestApp};

/// Adds an operator for these scopes and gives their token.
async fn operator(app: &TestApp, name: &str, scopes: &[Scope]) -> String {
    let name = ClientName::parse(name).unwrap();
    let added = app.operator.add_operator(name, scopes.iter().copied().collect(), None).await.unwrap();
    added.token.expose().to_owned()
}

/// Asks with a token, and with a body unless it is null.
async fn ask(app: &TestApp, token: &str, method: Method, path: &str, body: Value) -> Answer {
    with(app, token, method, path, body, &[]).await
}

/// The same with more headers.
async fn with(
    app: &TestApp,
    token: &str,
    method: Method,
    path: &str,
    body: Value,
    headers: &[(&'static str, &str)],
) -> Answer {
    app.admin.send(request(app, token, method, path, &body, headers)).await
}

fn request(
    app: &TestApp,
    token: &str,
    method: Method,
    path: &str,
    body: &Value,
    headers: &[(&'static str, &str)],
) -> RequestBuilder {
    let mut request = app.admin.request(method, &format!("/admin/v1{path}")).bearer_auth(token);
    for (name, value) in headers {
        request = request.header(HeaderName::from_static(name), *value);
    }
    if body.is_null() {
        return request;
    }
    request.header("content-type", "application/json").body(body.to_string())
}

fn code(answer: &Answer) -> String {
    assert_eq!(answer.header("content-type"), "application/problem+json", "{answer:?}");
    assert_eq!(answer.json()["status"], answer.status);
    answer.text("/code")
}
