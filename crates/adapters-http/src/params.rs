//! Named text parameters from a query or body, in any of the encodings a page lists: strict about bytes, first one wins.

pub(crate) mod json;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderMap, header::CONTENT_TYPE};
use serde_json::Value;
use thiserror::Error;

use crate::negotiation::{self, BodyType};

/// Why parameters cannot be read. Never carries any of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum BodyError {
    /// A content type that nobody expects here.
    #[error("the content type is not supported")]
    UnsupportedMediaType,
    /// The bytes do not follow their encoding; says how.
    #[error("{0}")]
    Malformed(&'static str),
}

/// Parameters in the order they came.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Params {
    pairs: Vec<(String, String)>,
    /// The names of JSON fields that hold an array or an object: no matter, unless somebody wants to read one.
    nested: Vec<String>,
}

impl Params {
    /// The most parameters a request may have.
    pub const MAX: usize = 64;

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs().find(|(given, _)| *given == name).map(|(_, value)| value)
    }

    /// The first value of that name, unless it is empty.
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    /// All values of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.pairs().filter(move |(given, _)| *given == name).map(|(_, value)| value)
    }

    /// All names and values.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// These, and behind them the others: of two values of one name the first one wins.
    #[must_use]
    pub fn or(mut self, others: Self) -> Self {
        if self.pairs.is_empty() && self.nested.is_empty() {
            return others;
        }
        self.pairs.extend(others.pairs);
        self.nested.extend(others.nested);
        self
    }

    /// These, if none of the names that are going to be read holds an array or an object.
    pub fn plain(self, names: &[&str]) -> Result<Self, BodyError> {
        let is_wanted = |nested: &String| names.contains(&nested.as_str());
        if self.nested.iter().any(is_wanted) {
            return Err(BodyError::Malformed("a JSON field has the wrong type"));
        }
        Ok(self)
    }

    /// Whether each of these names has one value, be it given once or more often: where a name has two, whoever looked at the
    /// request on its way may have seen the other.
    pub fn agree_on<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Result<(), BodyError> {
        let differs = |name| self.all(name).any(|value| self.get(name) != Some(value));
        if names.into_iter().any(differs) {
            return Err(BodyError::Malformed("a parameter has two values"));
        }
        Ok(())
    }

    /// Reads a body by its content type: urlencoded, multipart or JSON. An empty body has no parameters, whatever its
    /// type; one without a type is taken for urlencoded.
    pub async fn from_body(headers: &HeaderMap, body: &Bytes) -> Result<Self, BodyError> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        match negotiation::body_type(headers) {
            BodyType::Urlencoded | BodyType::None => Self::from_urlencoded(body),
            BodyType::Json => Self::from_json(body),
            // Boxed, because the future of every request that may have a body has room for it.
            BodyType::Multipart => Box::pin(Self::from_multipart(headers, body.clone())).await,
            BodyType::Other => Err(BodyError::UnsupportedMediaType),
        }
    }

    /// Reads `application/x-www-form-urlencoded`. Broken percent escapes and bytes that are not UTF-8 are refused, where
    /// the WHATWG's parser would guess.
    pub fn from_urlencoded(bytes: &[u8]) -> Result<Self, BodyError> {
        let text = str::from_utf8(bytes).map_err(|_| NOT_UTF8)?;
        let parts = text.split('&').filter(|part| !part.is_empty());
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Ok((decode(name)?, decode(value)?))
        };
        Self::bounded(parts.map(pair))
    }

    /// Reads a JSON object with each name once: text, numbers and booleans by name; null counts as absent.
    pub fn from_json(bytes: &[u8]) -> Result<Self, BodyError> {
        let object = serde_json::from_slice::<json::Object<Value>>(bytes);
        let object = object.map_err(|_| BodyError::Malformed("the body is not a JSON object with each name once"))?;
        let mut nested = Vec::new();
        let pair = |(name, value): (String, Value)| match value {
            Value::Null => None,
            Value::String(text) => Some(Ok((name, text))),
            Value::Bool(_) | Value::Number(_) => Some(Ok((name, value.to_string()))),
            Value::Array(_) | Value::Object(_) => {
                nested.push(name);
                None
            }
        };
        let Self { pairs, .. } = Self::bounded(object.0.into_iter().filter_map(pair))?;
        Ok(Self { pairs, nested })
    }

    async fn from_multipart(headers: &HeaderMap, body: Bytes) -> Result<Self, BodyError> {
        let malformed = |_| BodyError::Malformed("the multipart body is malformed");
        let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let boundary = multer::parse_boundary(content_type).map_err(malformed)?;
        let mut form = multer::Multipart::new(axum::body::Body::from(body).into_data_stream(), boundary);
        let mut pairs = Vec::new();
        while let Some(field) = form.next_field().await.map_err(malformed)? {
            let name = field.name().unwrap_or_default().to_owned();
            let bytes = field.bytes().await.map_err(malformed)?;
            let value = String::from_utf8(bytes.to_vec()).map_err(|_| NOT_UTF8)?;
            pairs.push(Ok((name, value)));
        }
        Self::bounded(pairs)
    }

    fn bounded(pairs: impl IntoIterator<Item = Result<(String, String), BodyError>>) -> Result<Self, BodyError> {
        let pairs = pairs.into_iter().take(Self::MAX + 1).collect::<Result<Vec<_>, _>>()?;
        if pairs.len() > Self::MAX {
            return Err(BodyError::Malformed("too many parameters"));
        }
        Ok(Self { pairs, nested: Vec::new() })
    }
}

const NOT_UTF8: BodyError = BodyError::Malformed("a parameter is not valid UTF-8");

fn decode(text: &str) -> Result<String, BodyError> {
    // Tokens need no decoding.
    if !text.contains('+') && !text.contains('%') {
        return Ok(text.to_owned());
    }
    let spaced = text.replace('+', " ");
    let mut rest = spaced.as_bytes();
    while let Some(at) = rest.iter().position(|byte| *byte == b'%') {
        let escape = rest.get(at + 1..at + 3).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit));
        escape.ok_or(BodyError::Malformed("a percent escape is broken"))?;
        rest = &rest[at + 3..];
    }
    percent_encoding::percent_decode_str(&spaced).decode_utf8().map(Cow::into_owned).map_err(|_| NOT_UTF8)
}
