//! Values that many sessions share, in memory once: what is copied with each session is a count that is at hand.

use std::{
    collections::HashSet,
    hash::Hash,
    sync::{PoisonError, RwLock},
};

/// Some of the values that were met, each as the first of its equals.
pub(crate) struct Common<T>(RwLock<HashSet<T>>);

impl<T: Clone + Eq + Hash> Common<T> {
    /// Beyond so many they are not that common; clients say what their devices are called.
    const MOST: usize = 1_000;

    pub(crate) fn new() -> Self {
        Self(RwLock::default())
    }

    /// The first of those that are equal to this one, which may be this one.
    pub(crate) fn one_of(&self, value: &T) -> T {
        let met = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(first) = met.get(value) {
            return first.clone();
        }
        if met.len() >= Self::MOST {
            return value.clone();
        }
        drop(met);
        let mut met = self.0.write().unwrap_or_else(PoisonError::into_inner);
        met.insert(value.clone());
        met.get(value).cloned().unwrap_or_else(|| value.clone())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn equals_become_one() {
        let common = Common::new();
        let (first, second): (Arc<str>, Arc<str>) = ("a phone".into(), "a phone".into());
        assert!(Arc::ptr_eq(&common.one_of(&first), &first));
        assert!(Arc::ptr_eq(&common.one_of(&second), &first));
    }

    #[test]
    fn strangers_do_not_fill_it() {
        let common = Common::new();
        for number in 0..2 * Common::<usize>::MOST {
            assert_eq!(common.one_of(&number), number);
        }
        assert_eq!(common.0.read().unwrap().len(), Common::<usize>::MOST);
    }
}
