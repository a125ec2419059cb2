//! The device a session was begun on, as far as it told.

use std::sync::Arc;

use crate::text::{TextError, short};

/// A short name for people: given by the client, or read from its `User-Agent`. Many sessions have the same.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DeviceName(Arc<str>);

impl DeviceName {
    /// The most characters a name may have.
    pub const MAX: usize = 100;

    /// Reads a name of 1 to [`Self::MAX`] characters without control characters.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        short(text, Self::MAX).map(|name| Self(name.into()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `Unknown`, as seed 001 shows for a client that did not tell.
impl Default for DeviceName {
    fn default() -> Self {
        Self("Unknown".into())
    }
}
