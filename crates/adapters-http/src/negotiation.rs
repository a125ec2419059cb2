//! What a body says it is, and what an answer may be.

use http::{
    HeaderMap,
    header::{ACCEPT, CONTENT_TYPE},
};
use mime::Mime;

/// The content types the dialects tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyType {
    /// None is given.
    None,
    /// `application/json` or anything with the suffix `+json`.
    Json,
    /// `application/x-www-form-urlencoded`.
    Urlencoded,
    /// `multipart/form-data`.
    Multipart,
    /// Anything else, unreadable ones included.
    Other,
}

/// What the body says it is. Parameters such as a charset are ignored.
pub fn body_type(headers: &HeaderMap) -> BodyType {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return BodyType::None;
    };
    let Some(mime) = value.to_str().ok().and_then(|value| value.trim().parse::<Mime>().ok()) else {
        return BodyType::Other;
    };
    let is_json = mime.suffix().unwrap_or(mime.subtype()) == mime::JSON;
    match (mime.type_().as_str(), mime.subtype().as_str()) {
        ("application", _) if is_json => BodyType::Json,
        ("application", "x-www-form-urlencoded") => BodyType::Urlencoded,
        ("multipart", "form-data") => BodyType::Multipart,
        _ => BodyType::Other,
    }
}

/// Whether `Accept` lets through at least one of these types (RFC 9110, section 12.5.1). No header, or one that cannot
/// be read, lets everything through.
pub fn accepts(headers: &HeaderMap, offered: &[&str]) -> bool {
    let lines: Vec<&str> = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect();
    let ranges: Vec<(String, bool)> = lines.iter().flat_map(|line| line.split(',')).filter_map(range).collect();
    ranges.is_empty() || offered.iter().any(|kind| is_let_through(&ranges, kind))
}

/// A media range without its parameters, and whether its weight is above zero.
fn range(text: &str) -> Option<(String, bool)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| range.contains('/'))?.to_ascii_lowercase();
    let weight = parts.find_map(|part| part.strip_prefix("q=").or(part.strip_prefix("Q=")));
    Some((range, weight.and_then(|weight| weight.trim().parse::<f32>().ok()).is_none_or(|weight| weight > 0.0)))
}

/// The most specific range that matches decides.
fn is_let_through(ranges: &[(String, bool)], kind: &str) -> bool {
    let whole_type = kind.split_once('/').map(|(main, _)| format!("{main}/*")).unwrap_or_default();
    [kind, &whole_type, "*/*"]
        .iter()
        .find_map(|wanted| ranges.iter().find(|(range, _)| range == wanted))
        .is_some_and(|(_, allowed)| *allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_known_by_type_and_suffix() {
        let kind = |value: &str| body_type(&HeaderMap::from_iter([(CONTENT_TYPE, value.parse().unwrap())]));
        assert_eq!(kind("application/json; charset=utf-8"), BodyType::Json);
        assert_eq!(kind("Application/VND.api+JSON"), BodyType::Json);
        assert_eq!(kind("application/x-www-form-urlencoded"), BodyType::Urlencoded);
        assert_eq!(kind("application/json+xml"), BodyType::Other);
        assert_eq!(kind("text/json"), BodyType::Other);
        assert_eq!(kind("nonsense"), BodyType::Other);
        assert_eq!(body_type(&HeaderMap::new()), BodyType::None);
    }

    #[test]
    fn accept_rules_out_what_it_does_not_name() {
        let lets =
            |value: &str| accepts(&HeaderMap::from_iter([(ACCEPT, value.parse().unwrap())]), &["application/json"]);
        for good in
            ["application/json", "*/*", "application/*;q=0.1", "text/html, */*;q=0.5", "garbage", "APPLICATION/JSON"]
        {
            assert!(lets(good), "{good}");
        }
        for bad in ["text/html", "application/xml", "application/json;q=0, */*", "application/*;q=0"] {
            assert!(!lets(bad), "{bad}");
        }
        assert!(accepts(&HeaderMap::new(), &["application/json"]));
    }
}
