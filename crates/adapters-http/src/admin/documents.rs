//! What the APIs are to their callers: documents for programs (OpenAPI 3.1), and a page for people to read them by.

use std::sync::{Arc, OnceLock};

use axum::{
    Router,
    middleware::map_response,
    response::Response,
    routing::{MethodRouter, get},
};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
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

/// Writes a document when somebody wants to read it: together they take more memory than all the rest of a process that
/// has nothing to do.
pub type Write = Arc<dyn Fn() -> OpenApi + Send + Sync>;

/// One document of everything at `/openapi.json`, each single one at `/openapi/NAME.json`, and the page at `/docs`. Nobody
/// needs a token for them: they say nothing of anybody.
pub fn router(documents: Vec<(&'static str, Write)>, public_url: &url::Url) -> Router {
    let url = |name: &str| format!("/openapi/{name}.json");
    // The page wants its list to live as long as the process, which it does: there is one.
    let listed = documents.iter().map(|(name, _)| Url::new(name, url(name).leak()));
    let page = SwaggerUi::new("/docs").config(Config::new(listed));
    let page = Router::from(page).layer(map_response(async |mut response: Response| {
        response.headers_mut().insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
        response
    }));
    let all = documents.iter().fold(page, |all, (name, write)| {
        let write = Arc::clone(write);
        all.route(&url(name), written_once(move || serde_json::to_vec(&write())))
    });
    let public_url = public_url.clone();
    let whole = move || {
        let listed: Vec<_> = documents.iter().map(|(name, _)| json!({ "name": name, "url": url(name) })).collect();
        let written: Vec<_> = documents.iter().map(|(name, write)| (*name, write())).collect();
        let mut whole = openapi::whole(&written, &public_url);
        whole["x-documents"] = listed.into();
        serde_json::to_vec(&whole)
    };
    all.route("/openapi.json", written_once(whole))
}

/// Answers with a document, which stays as it was when it was first asked for.
fn written_once(write: impl Fn() -> serde_json::Result<Vec<u8>> + Send + Sync + 'static) -> MethodRouter {
    let document = Arc::new((write, OnceLock::<Bytes>::new()));
    get(async move || {
        let (write, written) = &*document;
        // The documents are values with text keys: writing one to memory cannot fail.
        let written = written.get_or_init(|| write().unwrap_or_default().into());
        reply::written(StatusCode::OK, JSON, written.clone())
    })
}

/// The page has scripts, styles and pictures, all its own, and asks nobody but this listener.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
);
