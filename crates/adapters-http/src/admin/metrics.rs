//! What is counted, for a Prometheus to fetch.

use std::sync::Arc;

use axum::{Router, body::Body, response::Response, routing::get};
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};

use super::health::{Found, Readiness};
use crate::{
    media_type::PROBLEM,
    openapi::{ALWAYS, Description, text},
    reply::Problem,
};

/// The text format of `OpenMetrics` 1.0.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Writes the page, from what was found of the parts of the service and what it knows itself.
pub type Page = Arc<dyn Fn(&[Found]) -> String + Send + Sync>;

/// Where [`router`] answers.
pub(super) const PATH: &str = "/metrics";

/// `GET /metrics`.
pub fn router(readiness: Arc<Readiness>, page: Page) -> Router {
    let fetched = get(async move || {
        let found = readiness.parts().await;
        let mut response = Response::new(Body::from(page(&found)));
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(OPEN_METRICS));
        response
    });
    Router::new().route(PATH, fetched)
}

/// What it is to its callers.
pub(super) fn describe() -> Description {
    let page = text("Families of numbers, in the text format of OpenMetrics 1.0.");
    Description::new("Tells what is counted.")
        .answers_as(StatusCode::OK, OPEN_METRICS, "The page.", page)
        .answers_each::<Problem>(PROBLEM, &ALWAYS)
}
