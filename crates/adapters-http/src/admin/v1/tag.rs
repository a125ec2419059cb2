//! Single things with their tags (RFC 9110, section 8.8.3), and what may be done only to what somebody has seen.

use axum::response::Response;
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{ETAG, IF_MATCH},
};
use serde::Serialize;

use super::Problem;
use crate::reply::{self, JSON};

/// The tag of what is shown like this: another one whenever anything in it is another.
pub(super) fn tag(shown: &impl Serialize) -> HeaderValue {
    let bytes = serde_json::to_vec(shown).unwrap_or_default();
    let digest = blake3::hash(&bytes).to_hex();
    HeaderValue::from_str(&format!("\"{}\"", &digest[..32])).unwrap_or(HeaderValue::from_static("\"\""))
}

/// A single thing, with its tag.
pub(super) fn single(status: StatusCode, shown: &impl Serialize) -> Response {
    single_as(status, shown, shown)
}

/// A single thing, with the tag of what of it nobody but an operator changes.
pub(super) fn single_as(status: StatusCode, shown: &impl Serialize, lasting: &impl Serialize) -> Response {
    let mut response = reply::json(status, JSON, shown);
    response.headers_mut().insert(ETAG, tag(lasting));
    response
}

/// Demands that whoever replaces a thing has seen it as it is: `If-Match` has its tag, and there is none if there is no
/// such thing yet.
pub(super) fn demand_seen(headers: &HeaderMap, now: Option<&impl Serialize>) -> Result<(), Problem> {
    let seen = headers.get(IF_MATCH).map(|value| value.to_str().unwrap_or_default());
    let matches = |tags: &str, now: &HeaderValue| {
        tags.trim() == "*" || tags.split(',').any(|seen| now.as_bytes() == seen.trim().as_bytes())
    };
    match (seen, now.map(tag)) {
        (None, None) => Ok(()),
        (Some(tags), Some(now)) if matches(tags, &now) => Ok(()),
        (Some(_), _) => {
            let detail = "it is not what you have seen: get it again, and send its ETag as If-Match";
            Err(Problem::new(StatusCode::PRECONDITION_FAILED, "outdated", detail))
        }
        (None, Some(_)) => {
            let detail = "send the ETag of what you replace as If-Match, so that nobody's change is lost";
            Err(Problem::new(StatusCode::PRECONDITION_REQUIRED, "if_match_required", detail))
        }
    }
}
