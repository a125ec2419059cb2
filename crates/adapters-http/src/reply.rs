//! Answers: a status, a prepared content type, a body written once.

use std::time::Duration;

use axum::{body::Body, response::Response};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER, SET_COOKIE},
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{dialect::Refusal, media_type};

/// JSON, as most dialects name it.
pub const JSON: HeaderValue = HeaderValue::from_static(media_type::JSON);

/// Bytes in which most bodies have room.
const USUAL: usize = 1024;

/// An answer without a body.
pub fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// An answer with a JSON body under the given content type.
pub fn json(status: StatusCode, content_type: HeaderValue, body: &impl Serialize) -> Response {
    let mut bytes = Vec::with_capacity(USUAL);
    // The bodies are our own structs with text keys: writing one to memory cannot fail.
    let _ = serde_json::to_writer(&mut bytes, body);
    written(status, content_type, bytes)
}

/// An answer with a body that is written already.
pub fn written(status: StatusCode, content_type: HeaderValue, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, content_type);
    response
}

/// Problem documents (RFC 9457).
pub(crate) const PROBLEM: HeaderValue = HeaderValue::from_static(media_type::PROBLEM);

/// Why something was not done (RFC 9457).
#[derive(Serialize, ToSchema)]
pub(crate) struct Problem<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    /// For people: says what to do.
    detail: &'a str,
    /// For programs: stays as it is.
    code: &'static str,
}

impl<'a> Problem<'a> {
    /// Without a type of its own, a problem is titled like its status (section 4.2.1).
    pub(crate) fn new(status: StatusCode, code: &'static str, detail: &'a str) -> Self {
        let title = status.canonical_reason().unwrap_or_default();
        Self { r#type: "about:blank", title, status: status.as_u16(), detail, code }
    }
}

/// What is wrong, where no dialect says how to tell: a problem document (RFC 9457). `detail` is for people, `code` for
/// programs.
pub fn problem(status: StatusCode, code: &'static str, detail: &str) -> Response {
    json(status, PROBLEM, &Problem::new(status, code, detail))
}

/// A refusal, where no dialect has a shape of its own for it.
pub fn refusal(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound => problem(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"),
        Refusal::MethodNotAllowed => {
            problem(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path has other methods")
        }
        Refusal::BodyTooLarge => problem(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is too large"),
        Refusal::Malformed(why) => problem(StatusCode::BAD_REQUEST, "malformed_request", why),
        Refusal::TimedOut => problem(StatusCode::REQUEST_TIMEOUT, "timed_out", "the request took too long"),
        Refusal::Unavailable { retry_after } => {
            problem(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the service cannot answer now; try again later")
                .retry_after(retry_after)
        }
        Refusal::Internal { request_id } => problem(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal_error",
            &format!("something went wrong here; the log has it under {request_id}"),
        ),
    }
}

/// Among the extensions of an answer that tells of a refusal or a failure though its status does not.
#[derive(Clone, Copy, Debug)]
pub struct Refused;

/// Whether an answer tells of a refusal or a failure: by its status, or as its API does. Extensions are empty else, so
/// that this costs nothing.
pub fn is_refused(response: &Response) -> bool {
    response.status().as_u16() >= 400 || response.extensions().get::<Refused>().is_some()
}

/// Adds to an answer.
pub trait ReplyExt: Sized {
    /// Says that it tells of a refusal or a failure, whatever its status says.
    #[must_use]
    fn refused(self) -> Self;
    /// Says when to try again, in whole seconds, at least one.
    #[must_use]
    fn retry_after(self, after: Duration) -> Self;
    /// Sets a cookie.
    #[must_use]
    fn cookie(self, line: Option<HeaderValue>) -> Self;
}

impl ReplyExt for Response {
    fn refused(mut self) -> Self {
        self.extensions_mut().insert(Refused);
        self
    }

    fn retry_after(mut self, after: Duration) -> Self {
        let seconds = after.as_millis().div_ceil(1000).max(1);
        let value = HeaderValue::from_str(&seconds.to_string()).unwrap_or(HeaderValue::from_static("1"));
        self.headers_mut().insert(RETRY_AFTER, value);
        self
    }

    fn cookie(mut self, line: Option<HeaderValue>) -> Self {
        self.headers_mut().extend(line.map(|line| (SET_COOKIE, line)));
        self
    }
}
