//! Whether the service is well.

use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use serde_json::json;

use crate::reply::{self, JSON};

/// `GET /health/live`: the process answers.
pub fn router() -> Router {
    Router::new().route("/health/live", get(async || well()))
}

fn well() -> Response {
    reply::json(StatusCode::OK, JSON, &json!({ "status": "pass" }))
}
