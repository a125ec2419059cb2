//! Whether what was read from a store is still what it would answer.
//!
//! Time is counted in units that were committed. Each key of a unit is *in flux* from before the store hears of the unit
//! until after it has answered, and then bears the time of that moment. What was read of a key holds if the key is not
//! in flux and its time is not later than the beginning of the read: any unit that the read may have missed has made it
//! later.
//!
//! Keys share slots by their hashes. Two keys in one slot only make each other's readings doubtful too early.

#[cfg(test)]
mod tests;

use std::{
    hash::{BuildHasher, Hash},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use quick_cache::DefaultHashBuilder;
use zerocopy::FromZeros;

/// A moment, counted in units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Moment(u64);

/// What a store answered, and when it was asked.
#[derive(Clone)]
pub(crate) struct Reading<T> {
    pub(crate) value: T,
    pub(crate) read: Moment,
}

/// The times of all keys.
pub(crate) struct Stamps {
    now: AtomicU64,
    /// Readings from before this moment do not hold, whatever they are of.
    floor: AtomicU64,
    slots: Box<[AtomicU64]>,
    hasher: DefaultHashBuilder,
}

/// What a slot says, in one word, because every request looks at some of them: its time, and in the upper bits how many units
/// have it in flux.
#[derive(Clone, Copy)]
struct Slot(u64);

impl Slot {
    const ONE_UNIT: u64 = 1 << 48;
    const TIME: u64 = Self::ONE_UNIT - 1;

    fn holds(self, read: Moment) -> bool {
        // A unit in flux makes it a later time than any.
        self.0 <= read.0
    }

    fn held_so_far(self, read: Moment) -> bool {
        self.0 & Self::TIME <= read.0
    }

    /// Without one of the units, which was over at this time.
    fn without_a_unit(self, over: u64) -> Self {
        let (units, time) = (self.0 & !Self::TIME, self.0 & Self::TIME);
        Self((units - Self::ONE_UNIT) | time.max(over))
    }
}

/// Keys in flux, until this is dropped.
pub(crate) struct Flux {
    stamps: Arc<Stamps>,
    slots: Vec<usize>,
}

/// A unit that is over, and what its keys' slots said just before.
pub(crate) struct Over {
    stamps: Arc<Stamps>,
    at: Moment,
    before: Vec<(usize, Slot)>,
}

impl Stamps {
    /// A power of two; half a megabyte of them.
    const SLOTS: usize = 1 << 16;
    /// Later than any moment: while this is the floor, nothing holds.
    const NEVER: u64 = u64::MAX;

    pub(crate) fn new() -> Self {
        Self {
            now: AtomicU64::new(0),
            floor: AtomicU64::new(0),
            // Pages of it are the process's only once they are used.
            slots: <[AtomicU64]>::new_box_zeroed_with_elems(Self::SLOTS)
                .unwrap_or_else(|_| (0..Self::SLOTS).map(|_| AtomicU64::new(0)).collect()),
            hasher: DefaultHashBuilder::default(),
        }
    }

    /// When a read that starts now begins.
    pub(crate) fn now(&self) -> Moment {
        Moment(self.now.load(SeqCst))
    }

    /// Whether what was read of `key` at `read` holds.
    pub(crate) fn holds(&self, read: Moment, key: &impl Hash) -> bool {
        self.is_after_the_floor(read) && self.slot(key).holds(read)
    }

    /// The same, and as long as units are under way, until the first of them is over: for what may be older than what else is
    /// told, because whoever writes it has not heard yet that it is written.
    pub(crate) fn held_so_far(&self, read: Moment, key: &impl Hash) -> bool {
        self.is_after_the_floor(read) && self.slot(key).held_so_far(read)
    }

    fn is_after_the_floor(&self, read: Moment) -> bool {
        read.0 >= self.floor.load(SeqCst)
    }

    fn slot(&self, key: &impl Hash) -> Slot {
        Slot(self.slots[self.slot_of(key)].load(SeqCst))
    }

    /// Puts keys in flux.
    pub(crate) fn enter<K: Hash>(self: &Arc<Self>, keys: impl IntoIterator<Item = K>) -> Flux {
        let slots: Vec<usize> = keys.into_iter().map(|key| self.slot_of(&key)).collect();
        for slot in &slots {
            self.slots[*slot].fetch_add(Slot::ONE_UNIT, SeqCst);
        }
        Flux { stamps: Arc::clone(self), slots }
    }

    /// From now on nothing holds that was or will be read, until [`Self::resume`].
    pub(crate) fn pause(&self) {
        self.floor.store(Self::NEVER, SeqCst);
    }

    /// From now on holds what is read from now on, and says since when that is.
    pub(crate) fn resume(&self) -> Moment {
        // Before there is a later moment: an older reading that a unit moves to it does not hold either.
        self.pause();
        let later = self.now.fetch_add(1, SeqCst) + 1;
        self.floor.store(later, SeqCst);
        Moment(later)
    }

    /// Nothing holds that was read so far. Says since when that is; a pause goes on.
    pub(crate) fn forget(&self) -> Moment {
        // As in [`Self::resume`].
        self.floor.fetch_max(self.now.load(SeqCst) + 1, SeqCst);
        let later = self.now.fetch_add(1, SeqCst) + 1;
        self.floor.fetch_max(later, SeqCst);
        Moment(later)
    }

    fn slot_of(&self, key: &impl Hash) -> usize {
        let hash = self.hasher.hash_one(key);
        usize::try_from(hash % Self::SLOTS as u64).unwrap_or_default()
    }
}

impl Flux {
    /// Ends it.
    pub(crate) fn over(mut self) -> Over {
        let (at, mut before) = (self.now(), Vec::with_capacity(self.slots.len()));
        self.leave(at, |slot, said| before.push((slot, said)));
        Over { stamps: Arc::clone(&self.stamps), at, before }
    }

    fn now(&self) -> Moment {
        Moment(self.stamps.now.fetch_add(1, SeqCst) + 1)
    }

    fn leave(&mut self, Moment(now): Moment, mut before: impl FnMut(usize, Slot)) {
        for slot in self.slots.drain(..) {
            let said = self.stamps.slots[slot].update(SeqCst, SeqCst, |slot| Slot(slot).without_a_unit(now).0);
            before(slot, Slot(said));
        }
    }
}

impl Over {
    /// When it was.
    pub(crate) fn at(&self) -> Moment {
        self.at
    }

    /// Whether what was read of `key` at `read` held until then but for this unit, which touched it: no other did since. So it
    /// holds from now on if it is changed as the unit has changed it.
    pub(crate) fn held_but_for_it(&self, read: Moment, key: &impl Hash) -> bool {
        let slot = self.stamps.slot_of(key);
        let said = self.before.iter().find_map(|(touched, said)| (*touched == slot).then_some(*said));
        self.stamps.is_after_the_floor(read) && said.is_some_and(|said| said.without_a_unit(0).holds(read))
    }
}

impl Drop for Flux {
    fn drop(&mut self) {
        if !self.slots.is_empty() {
            self.leave(self.now(), |_, _| ());
        }
    }
}
