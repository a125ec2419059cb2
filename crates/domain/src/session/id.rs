//! Handles that name a session, and the API it came from.

use std::{
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    sync::Arc,
};

use uuid::Uuid;

/// A session's public handle: random, unrelated to its token, and of no use as a credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(Uuid);

crate::uuid_newtype!(SessionId);

/// The name of the API through which a session was begun. The core compares it and shows it; it knows no name itself.
#[derive(Clone)]
pub struct Origin(Name);

/// Every request names an API, and sessions are copied all the time: neither allocates.
#[derive(Clone)]
enum Name {
    Built(&'static str),
    Read(Arc<str>),
}

impl Origin {
    /// An API's name as it was read from somewhere.
    pub fn new(name: impl Into<Arc<str>>) -> Self {
        Self(Name::Read(name.into()))
    }

    /// An API's name as it is built in.
    pub const fn built(name: &'static str) -> Self {
        Self(Name::Built(name))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Name::Built(name) => name,
            Name::Read(name) => name,
        }
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Origin").field(&self.as_str()).finish()
    }
}

impl PartialEq for Origin {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Origin {}

impl PartialOrd for Origin {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Origin {
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_str().cmp(other.as_str())
    }
}

impl Hash for Origin {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}
