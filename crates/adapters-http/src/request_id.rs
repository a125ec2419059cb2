//! What a request is called, in the log and to its caller.

use std::fmt;

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// Where callers say and are told it.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// A request's name. It is written out only where somebody wants to read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(Name);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Name {
    Made(Uuid),
    Given(HeaderValue),
}

impl RequestId {
    /// A name of our own.
    pub fn made(id: Uuid) -> Self {
        Self(Name::Made(id))
    }

    /// The caller's own name for the request, if it is well-formed: 1 to 100 letters, digits, `.`, `_` and `-`.
    pub fn given(headers: &HeaderMap) -> Option<Self> {
        let name = headers.get(HEADER)?;
        let fits = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
        let is_name = (1..=100).contains(&name.len()) && name.as_bytes().iter().all(fits);
        is_name.then(|| Self(Name::Given(name.clone())))
    }
}

impl From<RequestId> for HeaderValue {
    fn from(id: RequestId) -> Self {
        match id.0 {
            Name::Given(name) => name,
            Name::Made(id) => {
                let mut text = [0; uuid::fmt::Hyphenated::LENGTH];
                id.hyphenated().encode_lower(&mut text);
                // Hexadecimal digits and hyphens are a value.
                Self::from_maybe_shared(Bytes::copy_from_slice(&text)).unwrap_or(Self::from_static("-"))
            }
        }
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Name::Made(id) => id.hyphenated().fmt(f),
            // What was given is ASCII.
            Name::Given(name) => f.write_str(name.to_str().unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(text: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_str(text).unwrap())]);
        RequestId::given(&headers).map(|id| id.to_string())
    }

    #[test]
    fn a_name_reads_alike_in_the_log_and_in_the_answer() {
        let made = RequestId::made(Uuid::from_u128(7));
        assert_eq!(made.to_string(), "00000000-0000-0000-0000-000000000007");
        assert_eq!(HeaderValue::from(made.clone()), made.to_string());
    }

    #[test]
    fn a_given_name_is_kept_if_it_is_well_formed() {
        assert_eq!(given("a-B_9.z").as_deref(), Some("a-B_9.z"));
        assert_eq!(given(&"x".repeat(100)).map(|id| id.len()), Some(100));
        for bad in ["", "a b", "a\"b", "ä", "a/b", &"x".repeat(101)] {
            assert_eq!(given(bad), None, "{bad}");
        }
    }
}
