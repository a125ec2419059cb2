//! How often memory could tell.

use vestibule_application::meters::Count;

/// How much memory is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UseMade {
    /// Sessions and users that were told from memory.
    pub hits: u64,
    /// Those that the store was asked for.
    pub misses: u64,
    /// Sessions that are kept.
    pub sessions: usize,
    /// Users that are kept.
    pub users: usize,
}

/// Counts sessions and users that were told from memory, and those that were not.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    hits: Count,
    misses: Count,
}

impl Tally {
    /// Passes on what was kept, if it was.
    pub(crate) fn told<T>(&self, kept: Option<T>) -> Option<T> {
        if kept.is_some() {
            self.hits.one_more();
        } else {
            self.misses.one_more();
        }
        kept
    }

    /// So far, with what is kept.
    pub(crate) fn with(&self, sessions: usize, users: usize) -> UseMade {
        UseMade { hits: self.hits.read(), misses: self.misses.read(), sessions, users }
    }
}
