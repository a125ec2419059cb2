//! The body as JSON: trailing commas are let through, and nothing else that JSON does not know.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, fmt};

use jsonc_parser::{CollectOptions, ParseOptions, common::Ranged, parse_to_ast, tokens::Token};
use serde::{
    Deserialize, Deserializer,
    de::{Error, MapAccess, Visitor},
};
use serde_json::Value;

use super::Rejection;

/// A JSON object's fields, each name once. Null counts as absent.
pub(in crate::dialects::dialogram) struct Body(BTreeMap<String, Value>);

impl Body {
    pub(super) fn read(bytes: &[u8]) -> Result<Self, Rejection> {
        let strict = without_trailing_commas(bytes).ok_or(Rejection::Malformed)?;
        serde_json::from_slice(&strict).map_err(|_| Rejection::Malformed)
    }

    /// The text of a field, if it is there.
    pub(super) fn text(&self, name: &'static str) -> Result<Option<&str>, Rejection> {
        self.0.get(name).map(|value| value.as_str().ok_or(Rejection::WrongType(name))).transpose()
    }

    /// Whether a field is there and says `true`.
    pub(super) fn flag(&self, name: &'static str) -> Result<bool, Rejection> {
        self.0.get(name).map_or(Ok(false), |value| value.as_bool().ok_or(Rejection::WrongType(name)))
    }
}

/// The same bytes with a space in place of each comma that stands before a closing bracket. What else the lenient
/// scanner lets through is left as it is, for the strict parser to refuse.
fn without_trailing_commas(bytes: &[u8]) -> Option<Vec<u8>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let collect = CollectOptions { tokens: true, ..CollectOptions::default() };
    let tokens = parse_to_ast(text, &collect, &ParseOptions::default()).ok()?.tokens?;
    let mut strict = bytes.to_vec();
    for pair in tokens.windows(2) {
        if let [comma, next] = pair
            && comma.token == Token::Comma
            && matches!(next.token, Token::CloseBrace | Token::CloseBracket)
        {
            *strict.get_mut(comma.start())? = b' ';
        }
    }
    Some(strict)
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Fields)
    }
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Body;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with each name once")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body, A::Error> {
        let mut fields = BTreeMap::new();
        while let Some((name, value)) = map.next_entry::<String, Value>()? {
            if fields.insert(name, value).is_some() {
                return Err(A::Error::custom("a name is there twice"));
            }
        }
        fields.retain(|_, value| !value.is_null());
        Ok(Body(fields))
    }
}
