//! What is counted, for a Prometheus to fetch.

use std::sync::Arc;

use axum::{Router, body::Body, response::Response, routing::get};
use http::{HeaderValue, header::CONTENT_TYPE};

use super::health::{Found, Readiness};

/// The text format of `OpenMetrics` 1.0.
const OPEN_METRICS: HeaderValue =
    HeaderValue::from_static("application/openmetrics-text; version=1.0.0; charset=utf-8");

/// Writes the page, from what was found of the parts of the service and what it knows itself.
pub type Page = Arc<dyn Fn(&[Found]) -> String + Send + Sync>;

/// `GET /metrics`.
pub fn router(readiness: Arc<Readiness>, page: Page) -> Router {
    let fetched = get(async move || {
        let found = readiness.parts().await;
        let mut response = Response::new(Body::from(page(&found)));
        response.headers_mut().insert(CONTENT_TYPE, OPEN_METRICS);
        response
    });
    Router::new().route("/metrics", fetched)
}
