//! The settings in force.

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::StatusCode;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::{By, Problem, V1, access::SettingsRead, tag::single};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new().routes(routes!(get))
}

/// Shows the settings in force, secrets masked.
#[utoipa::path(get, path = "/settings", tag = "settings", responses((status = 200, body = serde_json::Value)))]
async fn get(_: By<SettingsRead>, State(v1): State<Arc<V1>>) -> Result<Response, Problem> {
    Ok(single(StatusCode::OK, &v1.settings))
}
