//! What is answered: the page's list of one session, or a list of one error.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_application::{use_cases::log_in, view::Begun};

use super::{Dialogram, request::Rejection};
use crate::{
    dialect::{Dialect, Refusal},
    inbound::Inbound,
    reply::{self, ReplyExt},
};

#[derive(Serialize, ToSchema)]
pub(super) struct Created<'a> {
    data: [SessionObject<'a>; 1],
    #[schema(value_type = Vec<Object>, max_items = 0)]
    includes: [(); 0],
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionObject<'a> {
    r#type: &'static str,
    id: String,
    token: &'a str,
    device_name: &'a str,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Errors<'a> {
    errors: [ErrorObject<'a>; 1],
}

#[derive(Serialize, ToSchema)]
pub(super) struct ErrorObject<'a> {
    status: &'a str,
    code: &'a str,
    title: &'a str,
}

impl Dialogram {
    pub(super) fn begun(&self, inbound: &Inbound, result: Result<log_in::Outcome, log_in::Error>) -> Response {
        match result {
            Ok(begun) => self.created(inbound, &begun),
            // One answer for all: which addresses have an account, and whether a guess was right, is nobody's business.
            Err(log_in::Error::UnknownLogin | log_in::Error::WrongPassword | log_in::Error::Disabled) => {
                invalid_credentials()
            }
            Err(log_in::Error::LacksRole) => {
                error(StatusCode::FORBIDDEN, "admin_role_required", "a back-office session needs the admin role")
            }
            Err(log_in::Error::Throttled { retry_after }) => {
                error(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "too many failed attempts; try again later")
                    .retry_after(retry_after)
            }
            Err(log_in::Error::Overloaded { retry_after }) => self.refuse(Refusal::Unavailable { retry_after }),
            Err(log_in::Error::Store(cause)) => self.store_failed(inbound, &cause),
        }
    }

    fn created(&self, inbound: &Inbound, begun: &Begun) -> Response {
        let Some(signed) = &begun.signed else {
            tracing::error!(
                request_id = %inbound.request_id,
                "a session came without the signed token it was begun with"
            );
            return self.refuse(Refusal::Internal { request_id: inbound.request_id.to_string() });
        };
        let session = &begun.view.session;
        let object = SessionObject {
            r#type: "session",
            id: session.id.to_string(),
            token: signed.expose(),
            device_name: session.device.as_str(),
        };
        reply::json(StatusCode::OK, reply::JSON, &Created { data: [object], includes: [] })
    }
}

impl From<Rejection> for Response {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::NotAcceptable => {
                error(StatusCode::NOT_ACCEPTABLE, "not_acceptable", "the answer is JSON, which Accept rules out")
            }
            Rejection::InsecureTransport => error(
                StatusCode::FORBIDDEN,
                "insecure_transport",
                "passwords are taken over TLS only; behind a proxy that speaks it, see server.trusted_proxies",
            ),
            Rejection::UnsupportedMediaType => {
                error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "the body must be JSON")
            }
            Rejection::Malformed => malformed("the body must be a JSON object with each name once"),
            Rejection::WrongType(field) => malformed(&format!(
                "{field} must be {}",
                if field == "backoffice" { "true or false" } else { "a string" }
            )),
            Rejection::Missing(field) => unprocessable("missing_field", &format!("{field} must be given")),
            Rejection::Invalid(field) => unprocessable("invalid_field", &format!("{field} has an invalid form")),
            Rejection::NoSuchPassword => invalid_credentials(),
        }
    }
}

pub(super) fn refusal(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound => error(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"),
        Refusal::MethodNotAllowed => {
            error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path has other methods")
        }
        Refusal::BodyTooLarge => error(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is too large"),
        Refusal::Malformed(what) => malformed(what),
        Refusal::TimedOut => error(StatusCode::REQUEST_TIMEOUT, "timed_out", "the request took too long"),
        Refusal::Unavailable { retry_after } => {
            error(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the service cannot answer now; try again later")
                .retry_after(retry_after)
        }
        Refusal::Internal { request_id } => error(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            &format!("something went wrong here; the log has it under {request_id}"),
        ),
    }
}

fn malformed(title: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "malformed_request", title)
}

fn unprocessable(code: &str, title: &str) -> Response {
    error(StatusCode::UNPROCESSABLE_ENTITY, code, title)
}

fn invalid_credentials() -> Response {
    error(StatusCode::UNAUTHORIZED, "invalid_credentials", "no user has this e-mail address and password")
}

fn error(status: StatusCode, code: &str, title: &str) -> Response {
    let object = ErrorObject { status: status.as_str(), code, title };
    reply::json(status, reply::JSON, &Errors { errors: [object] })
}
