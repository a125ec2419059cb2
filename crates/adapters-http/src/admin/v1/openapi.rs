//! The document of the API (OpenAPI 3.1), written by the same code that routes requests, and a page to read it by.

use std::sync::Arc;

use axum::{Router, middleware::map_response, response::Response as Answer, routing::get};
use http::{HeaderValue, StatusCode, header::CONTENT_SECURITY_POLICY};
use serde::Serialize;
use serde_json::json;
use utoipa::openapi::{
    Components, Content, Info, OpenApi, Ref, RefOr, Response, SecurityRequirement, ServerBuilder,
    path::Operation,
    schema::{ObjectBuilder, Type},
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};
use utoipa_swagger_ui::{Config, SwaggerUi, Url};

use crate::reply::{self, JSON};

/// The name of the security scheme, and of the schema of problems.
const OPERATOR: &str = "operator";
const PROBLEM: &str = "Problem";

/// A document that has no path yet.
pub(super) fn empty() -> OpenApi {
    let about = "What operators see and change. Make a token with `vestibule operator add NAME --scope SCOPE`.";
    let mut info = Info::new("Vestibule Admin API", "1");
    info.description = Some(about.to_owned());
    OpenApi::builder().info(info).build()
}

/// The document with what is true of every operation: who may ask, and what a problem looks like.
pub(super) fn completed(mut document: OpenApi) -> OpenApi {
    document.servers = Some(vec![ServerBuilder::new().url("/").build()]);
    document.security = Some(vec![SecurityRequirement::new(OPERATOR, [""; 0])]);
    let components = document.components.get_or_insert_with(Components::new);
    let text = || ObjectBuilder::new().schema_type(Type::String);
    let problem = ObjectBuilder::new()
        .description(Some("Why something was not done (RFC 9457)."))
        .property("type", text())
        .property("title", text())
        .property("status", ObjectBuilder::new().schema_type(Type::Integer))
        .property("detail", text().description(Some("For people: says what to do.")))
        .property("code", text().description(Some("For programs: stays as it is.")));
    let problem = ["type", "title", "status", "detail", "code"].into_iter().fold(problem, ObjectBuilder::required);
    components.schemas.insert(PROBLEM.to_owned(), problem.build().into());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An operator's token.")).build();
    components.add_security_scheme(OPERATOR, SecurityScheme::Http(bearer));
    for path in document.paths.paths.values_mut() {
        let operations =
            [&mut path.get, &mut path.put, &mut path.post, &mut path.patch, &mut path.delete].into_iter().flatten();
        for operation in operations {
            name(operation);
            tell_problems(operation);
        }
    }
    document
}

/// Handlers are called alike where they do alike: in the document no two operations are.
fn name(operation: &mut Operation) {
    let of = operation.tags.iter().flatten().next().map_or("", String::as_str).replace(' ', "_");
    let does = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{of}_{does}"));
}

fn tell_problems(operation: &mut Operation) {
    let mut problem = Response::new("A problem");
    let content = Content::new(Some(RefOr::Ref(Ref::from_schema_name(PROBLEM))));
    problem.content.insert("application/problem+json".to_owned(), RefOr::T(content));
    operation.responses.responses.insert("default".to_owned(), problem.into());
}

/// The document at `/openapi/admin.json`, an index of documents at `/openapi.json`, and the page at `/docs`. Nobody needs
/// a token for them: they say nothing of this installation.
pub(super) fn router(document: OpenApi) -> Router {
    let index = json!({ "documents": [{ "name": "admin", "url": "/openapi/admin.json" }] });
    let page = SwaggerUi::new("/docs").config(Config::new([Url::new("admin", "/openapi/admin.json")]));
    let served = Arc::new(document);
    Router::new()
        .route("/openapi.json", get(async move || answer(&index)))
        .route("/openapi/admin.json", get(async move || answer(served.as_ref())))
        .merge(Router::from(page).layer(map_response(async |mut response: Answer| {
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, PAGE_POLICY);
            response
        })))
}

/// The page has scripts, styles and pictures, all its own, and asks nobody but this listener.
const PAGE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; frame-ancestors 'none'",
);

fn answer(document: &impl Serialize) -> Answer {
    reply::json(StatusCode::OK, JSON, document)
}
