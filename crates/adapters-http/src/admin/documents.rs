//! What the APIs are to their callers: documents for programs (OpenAPI 3.1), and a page for people to read them by.

use std::sync::Arc;

use axum::{Router, middleware::map_response, response::Response, routing::get};
use http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::OpenApi;
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use super::{health, metrics};
use crate::{
    openapi,
    reply::{self, JSON},
};

/// The document of what watches over the service is answered.
pub fn monitoring() -> OpenApi {
    let [live, ready] = health::PATHS;
    let about = "Whether the service is well, and what it does. Nobody needs a token for that.";
    openapi::document_of(
        "monitoring",
        about,
        // Where this document comes from.
        "/",
        [(live, health::describe_live()), (ready, health::describe_ready()), (metrics::PATH, metrics::describe())],
    )
}

/// One document of everything at `/openapi.json`, each single one at `/openapi/NAME.json`, and the page at `/docs`. Nobody
/// needs a token for them: they say nothing of anybody.
pub fn router(documents: Vec<(&'static str, OpenApi)>, public_url: &url::Url) -> Router {
    let url = |name: &str| format!("/openapi/{name}.json");
    let mut whole = openapi::whole(&documents, public_url);
    whole["x-documents"] = documents.iter().map(|(name, _)| json!({ "name": name, "url": url(name) })).collect();
    // The page wants its list to live as long as the process, which it does: there is one.
    let listed = documents.iter().map(|(name, _)| Url::new(name, url(name).leak()));
    let page = SwaggerUi::new("/docs").config(Config::new(listed));
    let page = Router::from(page).layer(map_response(async |mut response: Response| {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
        response
    }));
    let all = Router::new().route("/openapi.json", get(async move || answer(&whole))).merge(page);
    documents.into_iter().fold(all, |all, (name, document)| {
        let document = Arc::new(document);
        all.route(&url(name), get(async move || answer(document.as_ref())))
    })
}

/// The page has scripts, styles and pictures, all its own, and asks nobody but this listener.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
);

fn answer(document: &impl Serialize) -> Response {
    reply::json(StatusCode::OK, JSON, document)
}
