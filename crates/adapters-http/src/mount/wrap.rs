//! What happens to every request and answer: a name, safe headers, one log line.

use axum::{Router, extract::Request, middleware, response::Response};
use http::{
    HeaderName, HeaderValue, StatusCode,
    header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS},
};
use tracing::Instrument;

use super::Shared;
use crate::{inbound::RequestId, reply::problem};

pub(super) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers depend on tokens, and are JSON or nothing: never kept, sniffed, framed, or named to the next site.
const SAFE: [(HeaderName, HeaderValue); 4] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

pub(super) fn wrap(router: Router, shared: &Shared) -> Router {
    let ids = std::sync::Arc::clone(&shared.ids);
    router.layer(middleware::from_fn(move |mut request: Request, next: middleware::Next| {
        let id = given(&request).unwrap_or_else(|| ids.next().to_string());
        request.extensions_mut().insert(RequestId(id.clone()));
        // The path only: queries carry tokens, and in one dialect passwords.
        let span = tracing::info_span!("request", id, method = %request.method(), path = request.uri().path());
        let work = async move {
            let response = match too_large(&request) {
                Some(refusal) => refusal,
                None => next.run(request).await,
            };
            tracing::info!(status = response.status().as_u16(), "answered");
            response
        };
        async move { finished(work.instrument(span).await, &id) }
    }))
}

/// The longest request target in bytes.
const MAX_TARGET: usize = 8 * 1024;

/// The most header fields of a request; [`MAX_HEAD`] is the most bytes of them.
pub const MAX_FIELDS: usize = 64;

/// The most bytes of a request's head, for whoever reads it from the connection to keep to.
pub const MAX_HEAD: usize = 16 * 1024;

fn too_large(request: &Request) -> Option<Response> {
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > MAX_TARGET) {
        return Some(problem(StatusCode::URI_TOO_LONG, "target_too_long", "the request target is too long"));
    }
    let many = request.headers().len() > MAX_FIELDS;
    many.then(|| {
        problem(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_fields", "there are too many header fields")
    })
}

fn finished(mut response: Response, id: &str) -> Response {
    for (name, value) in SAFE {
        // Only what is the same for everybody says that it may be kept.
        response.headers_mut().entry(name).or_insert(value);
    }
    response.headers_mut().extend(HeaderValue::from_str(id).ok().map(|id| (REQUEST_ID, id)));
    response
}

/// The caller's own name for the request, if it is well-formed: 1 to 100 letters, digits, `.`, `_` and `-`.
fn given(request: &Request) -> Option<String> {
    let id = request.headers().get(REQUEST_ID)?.to_str().ok()?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    ((1..=100).contains(&id.len()) && id.bytes().all(fits)).then(|| id.to_owned())
}
