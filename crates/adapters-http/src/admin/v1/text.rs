//! Moments and names as they are written.

use std::str::FromStr;

use jiff::Timestamp as Moment;
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

/// Reads an id out of a path.
pub(super) fn id<T>(what: &str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T, Problem> {
    parse(text).ok_or_else(|| Problem::unknown(format!("there is no {what} of this id: ids have 8-4-4-4-12 digits")))
}
