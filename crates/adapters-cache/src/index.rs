//! Where sessions in memory are found by the digests of their tokens.
//!
//! Every request looks here, at places that are mostly in no cache of the processor: at a slot, and then at the session itself,
//! which says its whole digest. What is kept, and for how long, is not decided here: a session that nobody keeps any more
//! takes itself out.

mod slots;

use std::{
    array,
    sync::{Arc, PoisonError, RwLock},
};

use vestibule_domain::secret::Digest;

use self::slots::Slots;

/// Leads from digests to values that others keep.
pub(crate) struct Index<T>([Shard<T>; SHARDS]);

/// Grown one by one, so that nobody waits for long; many, so that those who write seldom meet.
const SHARDS: usize = 64;

/// In a line of its own: whoever reads another does not wait for it.
#[repr(align(128))]
struct Shard<T>(RwLock<Slots<T>>);

impl<T> Index<T> {
    pub(crate) fn new() -> Self {
        Self(array::from_fn(|_| Shard(RwLock::default())))
    }

    /// What may be of this digest: that is for the value to say, for two may share a name.
    pub(crate) fn find(&self, digest: &Digest) -> Option<Arc<T>> {
        let (shard, name) = self.place(digest);
        // Nothing is dropped meanwhile that would have to be taken out of here.
        shard.0.read().unwrap_or_else(PoisonError::into_inner).get(name)?.upgrade()
    }

    /// Has this digest lead to this value, and no longer to another.
    pub(crate) fn put(&self, digest: &Digest, value: &Arc<T>) {
        let (shard, name) = self.place(digest);
        shard.0.write().unwrap_or_else(PoisonError::into_inner).insert(name, Arc::downgrade(value));
    }

    /// Takes a value out that is about to go, unless another has its name by now.
    pub(crate) fn remove(&self, digest: &Digest, value: *const T) {
        let (shard, name) = self.place(digest);
        let mut slots = shard.0.write().unwrap_or_else(PoisonError::into_inner);
        if slots.get(name).is_some_and(|kept| kept.as_ptr() == value) {
            slots.remove(name);
        }
    }

    /// How many there are.
    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.0.iter().map(|shard| shard.0.read().unwrap_or_else(PoisonError::into_inner).len()).sum()
    }

    /// A digest is as good as random, whatever clients do: its beginning is name enough.
    fn place(&self, digest: &Digest) -> (&Shard<T>, u64) {
        let name = u64::from_be_bytes(array::from_fn(|byte| digest.as_bytes()[byte]));
        let shard = usize::try_from(name % SHARDS as u64).unwrap_or_default();
        (&self.0[shard], name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of one name.
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
        assert_eq!(index.find(&digest), Some(Arc::clone(&second)), "another has its name");
        index.remove(&digest, Arc::as_ptr(&second));
        assert_eq!(index.find(&digest), None);
        index.put(&digest, &Arc::new(3));
        assert_eq!(index.find(&digest), None, "nobody keeps it");
    }

    #[test]
    fn of_two_digests_of_one_name_the_last_is_found_and_others_stay() {
        let (index, [digest, other]) = (Index::new(), DIGESTS);
        let (first, second, far) = (Arc::new(1), Arc::new(2), Arc::new(3));
        index.put(&digest, &first);
        index.put(&other, &second);
        index.put(&Digest::new([9; 32]), &far);
        assert_eq!(index.find(&digest), Some(second), "it says itself that it is the other");
        assert_eq!(index.find(&Digest::new([9; 32])), Some(far));
    }
}
