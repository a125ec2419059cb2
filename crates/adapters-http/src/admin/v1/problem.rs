//! What is told when something cannot be done: problem documents (RFC 9457) with a code for programs.

use std::time::Duration;

use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use vestibule_application::{
    operator::Error,
    ports::{HashError, StoreError},
};

use crate::reply::{self, ReplyExt};

/// Something that cannot be done.
#[derive(Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    challenge: Option<HeaderValue>,
    retry_after: Option<Duration>,
}

/// When to ask again after the store did not answer.
const STORE_RETRY: Duration = Duration::from_secs(5);

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), challenge: None, retry_after: None }
    }

    /// The request cannot be read.
    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed_request", detail)
    }

    /// The request can be read, but this of it cannot be.
    pub(super) fn invalid(what: &str, why: &impl ToString) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_value", format!("{what}: {}", why.to_string()))
    }

    /// There is no such thing.
    pub(super) fn unknown(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "unknown", detail)
    }

    pub(super) fn challenging(self, challenge: &str) -> Self {
        Self { challenge: HeaderValue::from_str(challenge).ok(), ..self }
    }

    /// What a use case says; what is nobody's fault but the service's is logged under the request's id.
    pub(super) fn of(error: &Error, request_id: &str) -> Self {
        let (status, code) = match error {
            Error::UnknownUser(_)
            | Error::UnknownNode(_)
            | Error::UnknownClient(_)
            | Error::UnknownOperator(_)
            | Error::UnknownRole(_)
            | Error::UnknownForm(_)
            | Error::UnknownSession(_) => (StatusCode::NOT_FOUND, "unknown"),
            Error::LoginTaken(_) => (StatusCode::CONFLICT, "login_taken"),
            Error::EmailTaken(_) => (StatusCode::CONFLICT, "email_taken"),
            Error::NodeNameTaken(_) | Error::ClientNameTaken(_) => (StatusCode::CONFLICT, "name_taken"),
            Error::Disabled(_) => (StatusCode::CONFLICT, "user_disabled"),
            Error::Conflict(_) => (StatusCode::CONFLICT, "conflict"),
            Error::Outdated => (StatusCode::PRECONDITION_FAILED, "outdated"),
            Error::TooSimple(_) => (StatusCode::UNPROCESSABLE_ENTITY, "password_too_simple"),
            Error::NoScope | Error::ForeignHash(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_value"),
            Error::Hash(HashError::Overloaded { retry_after }) => return Self::later(*retry_after, error.to_string()),
            Error::Hash(HashError::Unusable(_)) | Error::Store(StoreError::Malformed(_)) => {
                tracing::error!(request_id, %error, "an operator's request failed");
                (StatusCode::INTERNAL_SERVER_ERROR, "internal_error")
            }
            Error::Store(StoreError::Unavailable(cause)) => {
                tracing::error!(request_id, %cause, "the store is not available");
                // The answer to a commit can be lost after it was done.
                let detail =
                    format!("{error}; what was to be changed may have been, or not: look before you ask again");
                return Self::later(STORE_RETRY, detail);
            }
        };
        if status == StatusCode::INTERNAL_SERVER_ERROR {
            return Self::new(status, code, format!("something went wrong here; the log has it under {request_id}"));
        }
        Self::new(status, code, error.to_string())
    }

    pub(super) fn later(retry_after: Duration, detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry(retry_after)
    }

    /// The same, with when to ask again.
    pub(super) fn retry(self, after: Duration) -> Self {
        Self { retry_after: Some(after), ..self }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = reply::problem(self.status, self.code, &self.detail);
        response.headers_mut().extend(self.challenge.map(|challenge| (WWW_AUTHENTICATE, challenge)));
        match self.retry_after {
            Some(after) => response.retry_after(after),
            None => response,
        }
    }
}
