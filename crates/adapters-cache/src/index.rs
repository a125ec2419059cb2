//! Where sessions in memory are found by the digests of their tokens.
//!
//! Every request looks here, mostly at places that no cache of the processor has: one for the slot, and then the session
//! itself, which says its whole digest. What is kept, and for how long, is not decided here: a session that nobody keeps any more
//! takes itself out.

use std::{
    array,
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock, Weak},
};

use quick_cache::DefaultHashBuilder;
use vestibule_domain::secret::Digest;

/// Leads from digests to values that others keep.
pub(crate) struct Index<T>([Shard<T>; SHARDS]);

/// Grown one by one, so that nobody waits for long; many, so that those who write seldom meet.
const SHARDS: usize = 64;

/// In a line of its own: whoever reads another does not wait for it.
#[repr(align(128))]
struct Shard<T>(RwLock<HashMap<u64, Weak<T>, DefaultHashBuilder>>);

impl<T> Index<T> {
    pub(crate) fn new() -> Self {
        Self(array::from_fn(|_| Shard(RwLock::default())))
    }

    /// What may be of this digest: that is for the value to say, for two may share their slot.
    pub(crate) fn find(&self, digest: &Digest) -> Option<Arc<T>> {
        let (shard, slot) = self.place(digest);
        // Nothing is dropped meanwhile that would have to be taken out of here.
        shard.0.read().unwrap_or_else(PoisonError::into_inner).get(&slot)?.upgrade()
    }

    /// Has this digest lead to this value, and no longer to another.
    pub(crate) fn put(&self, digest: &Digest, value: &Arc<T>) {
        let (shard, slot) = self.place(digest);
        shard.0.write().unwrap_or_else(PoisonError::into_inner).insert(slot, Arc::downgrade(value));
    }

    /// Takes a value out that is about to go, unless another has its slot by now.
    pub(crate) fn remove(&self, digest: &Digest, value: *const T) {
        let (shard, slot) = self.place(digest);
        let mut slots = shard.0.write().unwrap_or_else(PoisonError::into_inner);
        if slots.get(&slot).is_some_and(|kept| kept.as_ptr() == value) {
            slots.remove(&slot);
        }
    }

    /// How many slots are taken.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.0.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// A digest is as good as random, whatever clients do: a part of it finds a slot.
    fn place(&self, digest: &Digest) -> (&Shard<T>, u64) {
        let slot = u64::from_be_bytes(array::from_fn(|byte| digest.as_bytes()[byte]));
        let shard = usize::try_from(slot % SHARDS as u64).unwrap_or_default();
        (&self.0[shard], slot)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one slot.
    const DIGESTS: [Digest; 2] = [Digest::new([7; 32]), {
        let mut other = [7; 32];
        other[31] = 8;
        Digest::new(other)
    }];

    #[test]
    fn a_digest_leads_to_what_was_put_there_last_until_nobody_keeps_that() {
        let (index, [digest, _]) = (Index::new(), DIGESTS);
        let (first, second) = (Arc::new(1), Arc::new(2));
        index.put(&digest, &first);
        assert_eq!(index.find(&digest), Some(Arc::clone(&first)));
        index.put(&digest, &second);
        index.remove(&digest, Arc::as_ptr(&first));
        assert_eq!(index.find(&digest), Some(Arc::clone(&second)), "another has its slot");
        index.remove(&digest, Arc::as_ptr(&second));
        assert_eq!(index.find(&digest), None);
        index.put(&digest, &Arc::new(3));
        assert_eq!(index.find(&digest), None, "nobody keeps it");
    }

    #[test]
    fn of_two_digests_in_one_slot_the_last_is_found_and_others_stay() {
        let (index, [digest, other]) = (Index::new(), DIGESTS);
        let (first, second, far) = (Arc::new(1), Arc::new(2), Arc::new(3));
        index.put(&digest, &first);
        index.put(&other, &second);
        index.put(&Digest::new([9; 32]), &far);
        assert_eq!(index.find(&digest), Some(second), "it says itself that it is the other");
        assert_eq!(index.find(&Digest::new([9; 32])), Some(far));
    }
}
