//! What the routes are to their callers.

use http::StatusCode;
use utoipa::openapi::{Object, RefOr, Schema, path::ParameterIn, schema::ObjectBuilder};

use super::{
    Platformos,
    request::Submission,
    response::{Empty, Errors},
};
use crate::{
    media_type::{API_JSON, JSON, MULTIPART, URLENCODED},
    openapi::{ALWAYS, Description, text},
};

/// What the form comes in.
const BODIES: [&str; 3] = [JSON, URLENCODED, MULTIPART];

const FORM: &str = "Encoded as a form, the values are `form[FIELD]`.";

pub(super) fn log_in_by_form(platformos: &Platformos) -> Description {
    described(platformos, "Begins the session of a user, by a form.")
        .needs_body::<Submission>(&BODIES)
        .answers::<Empty>(StatusCode::CREATED, API_JSON, "The session was begun; it is in the cookie.")
        .with_header(StatusCode::CREATED, "Set-Cookie", "The session's token.")
        .answers::<Errors>(
            StatusCode::UNPROCESSABLE_ENTITY,
            API_JSON,
            "A value breaks a validation, or nobody has these.",
        )
}

pub(super) fn end_session_by_form(platformos: &Platformos) -> Description {
    described(platformos, "Ends a session, by a form.")
        .takes(ParameterIn::Query, "form_name", "The name of the form.")
        .takes(ParameterIn::Query, "form_configuration_name", "The same.")
        .takes_body::<Submission>(&BODIES)
        .answers_bare(StatusCode::NO_CONTENT, "There is no such session any more.")
        .with_header(StatusCode::NO_CONTENT, "Set-Cookie", "Clears the cookie.")
}

/// The values of a form.
pub(super) fn values() -> Object {
    ObjectBuilder::new()
        .description(Some("What was typed into its fields."))
        .property("email", text("The user's e-mail address."))
        .property("password", text("Their password."))
        .additional_properties(Some(RefOr::T(Schema::from(text("Any other field.")))))
        .build()
}

fn described(platformos: &Platformos, summary: &str) -> Description {
    Description::new(summary)
        .detail(FORM)
        .shown_by_bearer("api_token", "A program's API token; `Token token=...` is taken too.")
        .takes(ParameterIn::Header, "X-Session-Token", "The session's token, for programs that keep no cookies.")
        .takes(ParameterIn::Cookie, &platformos.settings.cookie_name, "The session's token.")
        .answers_each::<Errors>(
            API_JSON,
            &[
                (StatusCode::UNAUTHORIZED, "The API token is missing or not accepted."),
                (StatusCode::FORBIDDEN, "It came over plain HTTP from elsewhere."),
                (StatusCode::NOT_ACCEPTABLE, "No such form takes this request; or `Accept` rules JSON out."),
                (StatusCode::TOO_MANY_REQUESTS, "Too many attempts. `Retry-After` says when to try again."),
            ],
        )
        .answers_each::<Errors>(API_JSON, &ALWAYS)
}
