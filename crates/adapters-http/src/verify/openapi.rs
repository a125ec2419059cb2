//! What the routes are to their callers.

use http::StatusCode;
use utoipa::openapi::{
    path::ParameterIn,
    schema::{AllOfBuilder, AnyOfBuilder},
    security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
};

use super::{
    Verify,
    request::{Form, HEADERS, PARAMETERS},
    response::{ASSERTION, Details, IDENTITY, Introspection, OauthError},
};
use crate::{
    media_type::{JSON, PROBLEM, URLENCODED},
    openapi::{ALWAYS, Description, reference},
    reply::Problem,
};

const TOKEN: &str = "The session's token.";

pub(super) fn verify(verify: &Verify) -> Description {
    let mut described = Description::new("Tells whose session a request comes with.")
        .detail("For proxies that ask before they pass a request on. The first token that is found counts.")
        .shown_by_bearer("session", TOKEN)
        .or_by_nothing()
        .answers_bare(StatusCode::OK, "It is somebody's.")
        .answers::<Problem>(StatusCode::UNAUTHORIZED, PROBLEM, "It comes with no session of anybody's.")
        .with_header(StatusCode::UNAUTHORIZED, "WWW-Authenticate", "`Bearer`")
        .answers_each::<Problem>(PROBLEM, &ALWAYS);
    for name in HEADERS {
        described = described.takes(ParameterIn::Header, name.as_str(), TOKEN);
    }
    for name in &verify.settings.cookies {
        described = described.takes(ParameterIn::Cookie, name, TOKEN);
    }
    let parameters = verify.settings.query_tokens.then_some(PARAMETERS);
    for name in parameters.into_iter().flatten() {
        described = described.takes(ParameterIn::Query, name, TOKEN);
    }
    for name in IDENTITY {
        described = described.with_header(StatusCode::OK, name.as_str(), "Empty where there is nothing to say.");
    }
    described.with_header(StatusCode::OK, ASSERTION.as_str(), "Signed, if `verify.assertions` is set; else empty.")
}

pub(super) fn introspect(_: &Verify) -> Description {
    let basic = HttpBuilder::new()
        .scheme(HttpAuthScheme::Basic)
        .description(Some("A program's name, and its API token for a password."))
        .build();
    let live = AllOfBuilder::new().item(reference::<Introspection>()).item(reference::<Details>());
    let told = AnyOfBuilder::new().item(live).item(reference::<Introspection>());
    Description::new("Tells what a token is worth (RFC 7662).")
        .shown_by("program", SecurityScheme::Http(basic))
        .shown_by_bearer("api_token", "A program's API token; `Token token=...` is taken too.")
        .needs_body::<Form>(&[URLENCODED])
        .with_schema::<Introspection>()
        .with_schema::<Details>()
        .answers_as(StatusCode::OK, JSON, "What it is worth: if nothing, no more than that.", told)
        .answers::<OauthError>(StatusCode::BAD_REQUEST, JSON, "The body is no form with one token.")
        .answers::<OauthError>(StatusCode::UNAUTHORIZED, JSON, "The API token is missing or not accepted.")
        .with_header(StatusCode::UNAUTHORIZED, "WWW-Authenticate", "The schemes that are taken.")
        .answers::<Problem>(StatusCode::FORBIDDEN, PROBLEM, "It came over plain HTTP from elsewhere.")
        .answers_each::<Problem>(PROBLEM, &ALWAYS)
}
