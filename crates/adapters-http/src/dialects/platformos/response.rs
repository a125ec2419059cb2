//! What each outcome says: nothing on success, `errors` by field on failure.

use std::{collections::BTreeMap, time::Duration};

use axum::response::Response;
use http::{HeaderValue, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_application::{
    use_cases::{end_session_by_form, log_in_by_form},
    view::Begun,
};
use vestibule_domain::form::{Violation, Violations};

use super::{Platformos, request::Rejection};
use crate::{
    dialect::{Dialect, Refusal},
    inbound::Inbound,
    media_type,
    reply::{self, ReplyExt},
};

/// How the page names JSON, whatever was asked for.
const API_JSON: HeaderValue = HeaderValue::from_static(media_type::API_JSON);

#[derive(Serialize, ToSchema)]
pub(super) struct Empty {}

#[derive(Serialize, ToSchema)]
pub(super) struct Errors<'a> {
    /// By field; `base` for what is of none.
    #[schema(value_type = BTreeMap<String, Vec<String>>)]
    errors: BTreeMap<&'a str, Vec<String>>,
}

/// A session was begun.
pub(super) fn created(platformos: &Platformos, begun: &Begun) -> Response {
    let line = platformos.cookie().set(begun.token.expose(), platformos.settings.cookie_max_age);
    reply::json(StatusCode::CREATED, API_JSON, &Empty {}).cookie(line)
}

/// There is no such session any more.
pub(super) fn deleted(platformos: &Platformos) -> Response {
    reply::empty(StatusCode::NO_CONTENT).cookie(platformos.cookie().clear())
}

/// A request was none.
pub(super) fn rejected(rejection: Rejection) -> Response {
    match rejection {
        Rejection::NotAcceptable => base(StatusCode::NOT_ACCEPTABLE, "the answer can only be JSON"),
        Rejection::Insecure => base(StatusCode::FORBIDDEN, "API tokens are taken over HTTPS only"),
    }
}

pub(super) fn login_failed(platformos: &Platformos, inbound: &Inbound, error: &log_in_by_form::Error) -> Response {
    match error {
        log_in_by_form::Error::UnknownClient => unknown_client(),
        log_in_by_form::Error::UnusableForm => unusable_form(),
        log_in_by_form::Error::Invalid(violations) => invalid(violations),
        log_in_by_form::Error::UnknownLogin
        | log_in_by_form::Error::WrongPassword
        | log_in_by_form::Error::Disabled
        | log_in_by_form::Error::NotAdmitted => {
            on_field(StatusCode::UNPROCESSABLE_ENTITY, "password", "Invalid email or password")
        }
        log_in_by_form::Error::Throttled { retry_after } => throttled(*retry_after),
        log_in_by_form::Error::Overloaded { retry_after } => unavailable(*retry_after),
        log_in_by_form::Error::Store(error) => platformos.store_failed(inbound, error),
    }
}

pub(super) fn logout_failed(
    platformos: &Platformos,
    inbound: &Inbound,
    error: &end_session_by_form::Error,
) -> Response {
    match error {
        end_session_by_form::Error::UnknownClient => unknown_client(),
        end_session_by_form::Error::UnusableForm => unusable_form(),
        end_session_by_form::Error::Throttled { retry_after } => throttled(*retry_after),
        end_session_by_form::Error::Store(error) => platformos.store_failed(inbound, error),
    }
}

pub(super) fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound => base(StatusCode::NOT_FOUND, "there is nothing at this path"),
        Refusal::MethodNotAllowed => base(StatusCode::METHOD_NOT_ALLOWED, "this path has other methods"),
        Refusal::BodyTooLarge => base(StatusCode::PAYLOAD_TOO_LARGE, "the body is too large"),
        // "Wrong parameters passed", as the page has it for every request that cannot be read.
        Refusal::Malformed(why) => base(StatusCode::NOT_ACCEPTABLE, why),
        Refusal::TimedOut => base(StatusCode::REQUEST_TIMEOUT, "the request took too long"),
        Refusal::Unavailable { retry_after } => unavailable(retry_after),
        Refusal::Internal { request_id } => {
            let message = format!("something went wrong here; the log knows more of request {request_id}");
            base(StatusCode::INTERNAL_SERVER_ERROR, &message)
        }
    }
}

fn unknown_client() -> Response {
    base(StatusCode::UNAUTHORIZED, "the API token is missing or not accepted")
}

fn unusable_form() -> Response {
    base(StatusCode::NOT_ACCEPTABLE, "no form configuration of that name takes this request")
}

fn throttled(retry_after: Duration) -> Response {
    base(StatusCode::TOO_MANY_REQUESTS, "too many attempts").retry_after(retry_after)
}

fn unavailable(retry_after: Duration) -> Response {
    base(StatusCode::SERVICE_UNAVAILABLE, "the service is not available").retry_after(retry_after)
}

fn invalid(violations: &Violations) -> Response {
    let told = violations.iter().map(|(field, found)| (field.as_str(), found.iter().map(text).collect()));
    failed(StatusCode::UNPROCESSABLE_ENTITY, told.collect())
}

fn text(violation: &Violation) -> String {
    match violation {
        Violation::Blank => "can't be blank".to_owned(),
        Violation::TooShort(fewest) => format!("is too short (minimum is {fewest} characters)"),
        Violation::TooLong(most) => format!("is too long (maximum is {most} characters)"),
        Violation::Invalid => "is invalid".to_owned(),
    }
}

fn on_field(status: StatusCode, field: &str, message: &str) -> Response {
    failed(status, BTreeMap::from([(field, vec![message.to_owned()])]))
}

fn base(status: StatusCode, message: &str) -> Response {
    on_field(status, "base", message)
}

fn failed(status: StatusCode, errors: BTreeMap<&str, Vec<String>>) -> Response {
    reply::json(status, API_JSON, &Errors { errors })
}
