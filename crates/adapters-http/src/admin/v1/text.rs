//! Moments, names and places as they are written.

use std::str::FromStr;

use jiff::Timestamp as Moment;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use vestibule_domain::{text::TextError, time::Timestamp};

use super::Problem;

/// A moment as RFC 3339 writes it, in UTC. Moments beyond the years that it can write are shown as the first or last.
pub(super) fn time(at: Timestamp) -> String {
    let bound = if at.as_millis() < 0 { Moment::MIN } else { Moment::MAX };
    Moment::from_millisecond(at.as_millis()).unwrap_or(bound).to_string()
}

/// Reads a moment.
pub(super) fn moment(what: &str, text: &str) -> Result<Timestamp, Problem> {
    let at = Moment::from_str(text).map_err(|_| Problem::invalid(what, &"write for example 2026-11-22T10:00:00Z"))?;
    Ok(Timestamp::from_millis(at.as_millisecond()))
}

/// Reads a value of the domain out of a body or query.
pub(super) fn value<T>(what: &str, text: &str, parse: fn(&str) -> Result<T, TextError>) -> Result<T, Problem> {
    parse(text).map_err(|error| Problem::invalid(what, &error))
}

/// Reads a name out of a path: what cannot be a name is nobody's.
pub(super) fn named<T>(what: &str, text: &str, parse: fn(&str) -> Result<T, TextError>) -> Result<T, Problem> {
    parse(text).map_err(|_| Problem::unknown(format!("there is no {what} of this name")))
}

const FORM_OF_IDS: &str = "ids have 8-4-4-4-12 hexadecimal digits";

/// Reads an id out of a path.
pub(super) fn id<T>(what: &str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T, Problem> {
    parse(text).ok_or_else(|| Problem::unknown(format!("there is no {what} of this id: {FORM_OF_IDS}")))
}

/// Reads an id out of a query, if there is one.
pub(super) fn queried<T>(what: &str, id: Option<&str>, parse: fn(&str) -> Option<T>) -> Result<Option<T>, Problem> {
    id.map(|id| parse(id).ok_or_else(|| Problem::invalid(what, &FORM_OF_IDS))).transpose()
}

/// All that may mean something in a path (RFC 3986, section 2.3, says what does not).
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Where the thing of this name is, among others of its kind.
pub(super) fn location(kind: &str, name: &str) -> String {
    format!("/admin/v1/{kind}/{}", utf8_percent_encode(name, ENCODED))
}

#[cfg(test)]
mod tests {
    use percent_encoding::percent_decode_str;
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("shop-1.a_b~c", "shop-1.a_b~c")]
    #[case("a/b", "a%2Fb")]
    #[case("100%", "100%25")]
    #[case("a?b#c", "a%3Fb%23c")]
    #[case("a b+c", "a%20b%2Bc")]
    #[case("Łódź", "%C5%81%C3%B3d%C5%BA")]
    fn a_name_is_one_segment_of_its_location(#[case] name: &str, #[case] segment: &str) {
        assert_eq!(location("nodes", name), format!("/admin/v1/nodes/{segment}"));
        assert_eq!(percent_decode_str(segment).decode_utf8().unwrap(), name);
    }
}
