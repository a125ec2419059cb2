//! Handles that name a session, and the API it came from.

use std::sync::Arc;

use uuid::Uuid;

/// A session's public handle: random, unrelated to its token, and of no use as a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Uuid);

crate::uuid_newtype!(SessionId);

/// The name of the API through which a session was begun. The core compares it and shows it; it knows no name itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin(Arc<str>);

impl Origin {
    /// Wraps an API's name.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(name.into())
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
