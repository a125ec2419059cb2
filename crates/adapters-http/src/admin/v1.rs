//! `/admin/v1`: what operators see and change, by the same use cases as the command line.
//!
//! Every handler takes `By` first: who asks, let in for the scope that it names. What is malformed is answered 400, what
//! is well formed and cannot be 422, and both as a problem document (RFC 9457).

mod access;
mod clients;
mod explanation;
mod forms;
mod idempotency;
mod input;
mod listing;
mod login_tokens;
mod messages;
mod nodes;
mod openapi;
mod problem;
mod roles;
mod sessions;
mod settings;
mod stream;
mod tag;
#[cfg(test)]
mod tests;
mod text;
mod users;

use std::sync::{Arc, atomic::AtomicBool};

use axum::Router;
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use vestibule_application::{api::admin::Admission, ports::Clock};

use self::{access::By, idempotency::Answers, problem::Problem, stream::Places};

/// What every handler stands on.
struct V1 {
    admission: Arc<dyn Admission>,
    clock: Arc<dyn Clock>,
    settings: serde_json::Value,
    answers: Answers,
    places: Places,
}

/// The API for operators whom `admission` lets in. `settings` are those in force, secrets masked. Whoever
/// follows the log is sent away once the service is `leaving`.
pub fn router(
    admission: Arc<dyn Admission>,
    clock: Arc<dyn Clock>,
    settings: serde_json::Value,
    leaving: Arc<AtomicBool>,
) -> Router {
    let (answers, places) = (Answers::default(), Places::until(leaving));
    let v1 = V1 { admission, clock, settings, answers, places };
    routes().with_state(Arc::new(v1)).into()
}

/// The document of the API (OpenAPI 3.1), as it is served at `/openapi/admin.json`.
pub fn document() -> OpenApi {
    openapi::completed(routes().into_openapi())
}

fn routes() -> OpenApiRouter<Arc<V1>> {
    let resources = [
        users::routes(),
        roles::routes(),
        nodes::routes(),
        clients::routes(),
        forms::routes(),
        login_tokens::routes(),
        sessions::routes(),
        messages::routes(),
        settings::routes(),
    ];
    let all = resources.into_iter().fold(OpenApiRouter::new(), OpenApiRouter::merge);
    OpenApiRouter::with_openapi(openapi::empty()).nest("/admin/v1", all)
}
