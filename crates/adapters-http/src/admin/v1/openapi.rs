//! The document of the API (OpenAPI 3.1), written by the same code that routes requests.

use http::StatusCode;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        Components, Content, Info, OpenApi, RefOr, Response, SecurityRequirement, ServerBuilder,
        path::Operation,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use crate::{media_type, openapi::reference, reply::Problem};

/// The name of the security scheme.
const OPERATOR: &str = "operator";

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
    components.schemas.insert(Problem::name().into_owned(), Problem::schema());
    let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some("An operator's token.")).build();
    components.add_security_scheme(OPERATOR, SecurityScheme::Http(bearer));
    for path in document.paths.paths.values_mut() {
        let operations =
            [&mut path.get, &mut path.put, &mut path.post, &mut path.patch, &mut path.delete].into_iter().flatten();
        for operation in operations {
            name(operation);
            describe_answers(operation);
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

/// An answer has to have a description (OpenAPI 3.1, 4.8.17): where handlers say no more, it is what the status is called.
fn describe_answers(operation: &mut Operation) {
    for (status, answer) in &mut operation.responses.responses {
        if let RefOr::T(answer) = answer
            && answer.description.is_empty()
        {
            let status = StatusCode::from_bytes(status.as_bytes()).ok();
            let called = status.and_then(|status| status.canonical_reason()).unwrap_or("Done");
            answer.description.push_str(called);
        }
    }
}

fn tell_problems(operation: &mut Operation) {
    let mut problem = Response::new("A problem");
    let content = Content::new(Some(reference::<Problem>()));
    problem.content.insert(media_type::PROBLEM.to_owned(), RefOr::T(content));
    operation.responses.responses.insert("default".to_owned(), problem.into());
}
