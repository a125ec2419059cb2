//! The users in memory, each in a place of its own that their sessions point to: whoever has found a session need not look for
//! its user.

use std::{
    convert::Infallible,
    num::NonZeroUsize,
    sync::{Arc, PoisonError, RwLock},
};

use quick_cache::sync::Cache;
use vestibule_domain::user::{User, UserId};

use crate::stamps::Reading;

/// Users by their ids.
pub(crate) struct Users(Cache<UserId, Arc<Seat>>);

/// Where what was read of one user is kept.
#[derive(Default)]
pub(crate) struct Seat(RwLock<Option<Reading<Arc<User>>>>);

impl Users {
    pub(crate) fn new(capacity: NonZeroUsize) -> Self {
        Self(Cache::new(capacity.get()))
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// What was read of a user.
    pub(crate) fn get(&self, id: UserId) -> Option<Reading<Arc<User>>> {
        self.0.get(&id)?.get()
    }

    /// Where that is kept from now on, until there are too many.
    pub(crate) fn seat(&self, id: UserId) -> Arc<Seat> {
        let made = self.0.get_or_insert_with(&id, || Ok::<_, Infallible>(Arc::default()));
        made.unwrap_or_else(|never| match never {})
    }

    /// As when there are too many.
    #[cfg(test)]
    pub(crate) fn forget(&self, id: UserId) {
        self.0.remove(&id);
    }
}

impl Seat {
    /// What was read.
    pub(crate) fn get(&self) -> Option<Reading<Arc<User>>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keeps what was read instead, unless that was read later.
    pub(crate) fn put(&self, reading: Reading<Arc<User>>) {
        let mut kept = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if kept.as_ref().is_none_or(|kept| kept.read <= reading.read) {
            *kept = Some(reading);
        }
    }
}
