//! A table whose slots lie in a row: what is looked for is where it should be or next to it, so that one wait for memory
//! mostly suffices. A table that keeps its hashes apart takes two.

use std::sync::Weak;

/// Values by names that are as good as random.
pub(super) struct Slots<T> {
    /// None, or a power of two of them, an eighth of which is empty: every search ends, mostly after no more than four, which lie
    /// in one line of memory or two.
    slots: Vec<Option<Slot<T>>>,
    taken: usize,
}

struct Slot<T> {
    name: u64,
    value: Weak<T>,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Self { slots: Vec::new(), taken: 0 }
    }
}

impl<T> Slots<T> {
    const FEWEST: usize = 8;

    pub(super) fn get(&self, name: u64) -> Option<&Weak<T>> {
        self.slot(self.search(name)?).map(|slot| &slot.value)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.taken
    }

    /// In place of what has this name.
    pub(super) fn insert(&mut self, name: u64, value: Weak<T>) {
        if (self.taken + 1) * 8 > self.slots.len() * 7 {
            self.grow();
        }
        if let Some(at) = self.search(name) {
            self.taken += usize::from(self.slots[at].is_none());
            self.slots[at] = Some(Slot { name, value });
        }
    }

    pub(super) fn remove(&mut self, name: u64) {
        let Some(mut hole) = self.search(name).filter(|at| self.slots[*at].is_some()) else { return };
        self.slots[hole] = None;
        self.taken -= 1;
        // Whoever follows and could not have been where the hole is now moves up: else a search would end there.
        let mut next = self.after(hole);
        while let Some(Slot { name, .. }) = self.slot(next) {
            if self.way(self.home(*name), next) >= self.way(hole, next) {
                self.slots.swap(hole, next);
                hole = next;
            }
            next = self.after(next);
        }
    }

    /// Where this name is, or may be put; nowhere if there are no slots.
    fn search(&self, name: u64) -> Option<usize> {
        let mut at = self.home(name);
        while self.slots.get(at)?.as_ref().is_some_and(|slot| slot.name != name) {
            at = self.after(at);
        }
        Some(at)
    }

    fn slot(&self, at: usize) -> Option<&Slot<T>> {
        self.slots.get(at)?.as_ref()
    }

    /// Where it should be. The lower half of names says in which table.
    fn home(&self, name: u64) -> usize {
        usize::try_from(name >> u32::BITS).unwrap_or_default() & self.mask()
    }

    fn after(&self, at: usize) -> usize {
        (at + 1) & self.mask()
    }

    /// How far it is from one to another, in the direction of searches.
    fn way(&self, from: usize, to: usize) -> usize {
        to.wrapping_sub(from) & self.mask()
    }

    fn mask(&self) -> usize {
        self.slots.len().saturating_sub(1)
    }

    fn grow(&mut self) {
        let more = (self.slots.len() * 2).max(Self::FEWEST);
        let mut grown = Self { slots: (0..more).map(|_| None).collect(), taken: 0 };
        for Slot { name, value } in self.slots.drain(..).flatten() {
            grown.insert(name, value);
        }
        *self = grown;
    }
}

#[cfg(test)]
mod tests {
    use std::{collections::HashMap, sync::Arc};

    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Many of the names should be at the same place, at the end of the row or at its beginning.
        #[test]
        fn it_has_what_any_other_table_has(
            steps in prop::collection::vec((any::<bool>(), prop::sample::select(vec![0_u64, 1, 6, 7, 15]), 0..4_u64), 0..200),
        ) {
            let values: Vec<Arc<usize>> = (0..steps.len()).map(Arc::new).collect();
            let (mut slots, mut model) = (Slots::default(), HashMap::new());
            for ((is_put, home, name), value) in steps.into_iter().zip(&values) {
                let name = home << 32 | name;
                if is_put {
                    slots.insert(name, Arc::downgrade(value));
                    model.insert(name, Arc::clone(value));
                } else {
                    slots.remove(name);
                    model.remove(&name);
                }
                prop_assert_eq!(slots.taken, model.len());
                for name in [0_u64, 1, 6, 7, 15].into_iter().flat_map(|home| (0..4).map(move |name| home << 32 | name)) {
                    let found = slots.get(name).and_then(Weak::upgrade);
                    prop_assert_eq!(found.as_ref(), model.get(&name));
                }
            }
        }
    }
}
