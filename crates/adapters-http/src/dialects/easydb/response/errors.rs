//! The error object.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use vestibule_domain::session::Bearer;

use super::Reason;
use crate::{
    dialect::Refusal,
    dialects::easydb::request::Rejection,
    params::BodyError,
    reply::{self, ReplyExt},
};

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct ErrorObject<'a> {
    realm: &'a str,
    code: &'a str,
    #[schema(value_type = Object)]
    parameters: Value,
    description: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    uuid: Option<&'a str>,
}

impl<'a> ErrorObject<'a> {
    /// `code` is `error.<realm>.<what>`.
    fn new(code: &'a str, description: &'a str) -> Self {
        let realm = code.split('.').nth(1).unwrap_or_default();
        Self { realm, code, parameters: json!({}), description, uuid: None }
    }

    fn answer(&self, status: StatusCode) -> Response {
        reply::json(status, reply::JSON, self)
    }
}

const INVALID: &str = "error.api.invalid_parameter";
const MISSING: &str = "error.api.missing_parameter";

fn bad(code: &str, description: &str) -> Response {
    ErrorObject::new(code, description).answer(StatusCode::BAD_REQUEST)
}

/// Names the session if it was an opaque token that was given: one that is good for nothing.
pub(super) fn session_not_found(status: StatusCode, bearer: Option<&Bearer>) -> Response {
    let mut object = ErrorObject::new("error.user.session_not_found", "there is no such session");
    if let Some(Bearer::Opaque(token)) = bearer {
        object.parameters = json!({ "id": token.expose() });
    }
    object.answer(status)
}

impl From<Rejection> for Response {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Unreadable(BodyError::Malformed(how)) => bad(INVALID, how),
            Rejection::Unreadable(BodyError::UnsupportedMediaType) => {
                ErrorObject::new(INVALID, "the content type is not supported")
                    .answer(StatusCode::UNSUPPORTED_MEDIA_TYPE)
            }
            Rejection::TokenMissing => {
                let parameters = json!({ "parameter": "token" });
                ErrorObject { parameters, ..ErrorObject::new(MISSING, "token must be given") }
                    .answer(StatusCode::BAD_REQUEST)
            }
            Rejection::TokenMalformed => session_not_found(StatusCode::BAD_REQUEST, None),
            Rejection::SignOut => bad(INVALID, "signout must be 0 or 1"),
            Rejection::InsecureTransport => bad(
                INVALID,
                "passwords are taken over TLS only; behind a proxy that speaks it, see server.trusted_proxies",
            ),
            Rejection::Overheard(_) => bad(
                INVALID,
                "a token in the URL is taken over TLS only, and this session is over; behind a proxy that speaks TLS, see \
                 server.trusted_proxies",
            ),
            Rejection::RedirectNotAllowed => {
                bad("error.user.redirect_not_allowed", "success and error must be on this host or an allowed origin")
            }
            Rejection::MethodNotAllowed => {
                bad("error.user.authentication_method_not_allowed", "this method of authentication is not allowed")
            }
        }
    }
}

impl Reason {
    /// The word for it in a redirect and in an error's code.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::UsernameOrPasswordEmpty => "username_or_password_empty",
            Self::LoginFailed | Self::OtherBrowser => "login_failed",
            Self::LoginDisabled => "login_disabled",
            Self::LoginBlocked { .. } => "login_blocked",
        }
    }

    fn description(self) -> &'static str {
        match self {
            Self::UsernameOrPasswordEmpty => "login and password must be given",
            Self::LoginFailed => "no user has this login and password",
            Self::OtherBrowser => "this page may not log in to a session that another browser began",
            Self::LoginDisabled => "this user is disabled",
            Self::LoginBlocked { .. } => "too many failed attempts; try again later",
        }
    }
}

impl From<Reason> for Response {
    fn from(reason: Reason) -> Self {
        bad(&format!("error.user.{}", reason.name()), reason.description())
    }
}

pub(in crate::dialects::easydb) fn refusal(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound => ErrorObject::new(INVALID, "there is nothing at this path").answer(StatusCode::NOT_FOUND),
        Refusal::MethodNotAllowed => {
            ErrorObject::new("error.api.invalid_request_method", "this path has other methods")
                .answer(StatusCode::METHOD_NOT_ALLOWED)
        }
        Refusal::BodyTooLarge => {
            ErrorObject::new(INVALID, "the body is too large").answer(StatusCode::PAYLOAD_TOO_LARGE)
        }
        Refusal::Malformed(what) => bad(INVALID, what),
        Refusal::TimedOut => ErrorObject::new(INVALID, "the request took too long").answer(StatusCode::REQUEST_TIMEOUT),
        Refusal::Unavailable { retry_after } => {
            ErrorObject::new("error.server.overloaded", "the service cannot answer now; try again later")
                .answer(StatusCode::SERVICE_UNAVAILABLE)
                .retry_after(retry_after)
        }
        Refusal::Internal { request_id } => {
            let object = ErrorObject::new("error.server.generic", "something went wrong here; the log has its uuid");
            ErrorObject { uuid: Some(&request_id), ..object }.answer(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}
