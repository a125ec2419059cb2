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
        kept.inspect(|_| self.hits.one_more())
    }

    /// The store is asked for one.
    pub(crate) fn asked(&self) {
        self.misses.one_more();
    }

    /// So far, with what is kept.
    pub(crate) fn with(&self, sessions: usize, users: usize) -> UseMade {
        UseMade { hits: self.hits.read(), misses: self.misses.read(), sessions, users }
    }
}

#[cfg(test)]
mod tests {
    use std::{num::NonZeroUsize, sync::Arc};

    use uuid::Uuid;
    use vestibule_adapters_db::MemoryStore;
    use vestibule_application::ports::{Recall, SessionStore, Stores, UserStore};
    use vestibule_domain::{secret::Digest, user::UserId};

    use crate::{Cached, Capacity};

    #[tokio::test]
    async fn what_the_store_was_asked_for_is_counted_once_and_what_memory_was_is_not() {
        let some = NonZeroUsize::new(10).unwrap();
        let store = Stores::of(&Arc::new(MemoryStore::new()));
        let cached = Cached::new(store, Capacity { sessions: some, users: some });
        let (digest, user) = (Digest::new([1; 32]), UserId::from_uuid(Uuid::from_u128(1)));
        assert!(cached.session(&digest).is_none());
        assert_eq!((cached.use_made().hits, cached.use_made().misses), (0, 0));
        assert!(cached.by_digest(&digest).await.unwrap().is_none());
        assert!(UserStore::profile(&cached, user).await.unwrap().is_none());
        assert_eq!((cached.use_made().hits, cached.use_made().misses), (0, 2));
    }
}
