//! Time zones by name.

use smol_str::SmolStr;

use crate::text::TextError;

/// The IANA name of a time zone that exists, in the database's own spelling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeZoneName(SmolStr);

impl TimeZoneName {
    /// Reads a name in any case, for example `Europe/Warsaw`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let zone = jiff::tz::db().get(text.trim()).ok();
        let name = zone.as_ref().and_then(jiff::tz::TimeZone::iana_name);
        let unknown = TextError::Invalid("must be the IANA name of a time zone, such as Europe/Warsaw");
        name.map(|name| Self(name.into())).ok_or(unknown)
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `UTC`.
impl Default for TimeZoneName {
    fn default() -> Self {
        Self(SmolStr::new_static("UTC"))
    }
}
