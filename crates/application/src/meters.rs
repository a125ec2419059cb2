//! What adapters count while they work: plain numbers that cost an addition, for whoever watches to read now and then.
//!
//! Numbers are read one by one, while others change: they are right, but not all of the same moment.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// How often something happened.
#[derive(Debug, Default)]
pub struct Count(AtomicU64);

impl Count {
    /// It happened once more.
    pub fn one_more(&self) {
        self.add(1);
    }

    /// It happened so many times more.
    pub fn add(&self, times: u64) {
        self.0.fetch_add(times, Relaxed);
    }

    /// How often so far.
    pub fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// How many there are now.
#[derive(Debug, Default)]
pub struct Level(AtomicU64);

impl Level {
    /// One more, until the answer is dropped.
    pub fn enter(self: &std::sync::Arc<Self>) -> Within {
        self.0.fetch_add(1, Relaxed);
        Within(std::sync::Arc::clone(self))
    }

    /// How many.
    pub fn read(&self) -> u64 {
        self.0.load(Relaxed)
    }
}

/// One of those that a [`Level`] counts.
#[derive(Debug)]
pub struct Within(std::sync::Arc<Level>);

impl Drop for Within {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Relaxed);
    }
}

/// How long something took, by rough classes.
#[derive(Debug)]
pub struct Spans {
    bounds: &'static [Duration],
    /// One more than there are bounds: the last is of what took longer than all of them.
    counts: Box<[AtomicU64]>,
    nanoseconds: AtomicU64,
}

impl Spans {
    /// Classes with these upper bounds, in ascending order, each included.
    pub fn new(bounds: &'static [Duration]) -> Self {
        Self { bounds, counts: (0..=bounds.len()).map(|_| AtomicU64::new(0)).collect(), nanoseconds: AtomicU64::new(0) }
    }

    /// It took so long once more.
    pub fn note(&self, span: Duration) {
        let class = self.bounds.partition_point(|bound| *bound < span);
        if let Some(count) = self.counts.get(class) {
            count.fetch_add(1, Relaxed);
        }
        self.nanoseconds.fetch_add(u64::try_from(span.as_nanos()).unwrap_or(u64::MAX), Relaxed);
    }

    /// Adds what was noted here to `sum`, which has the same classes.
    pub fn add_to(&self, sum: &mut Spread) {
        for (class, count) in self.counts.iter().enumerate() {
            let count = count.load(Relaxed);
            match sum.classes.get_mut(class) {
                Some((_, of_class)) => *of_class += count,
                None => sum.classes.push((self.bounds.get(class).copied(), count)),
            }
        }
        sum.total += Duration::from_nanos(self.nanoseconds.load(Relaxed));
    }

    /// What was noted so far.
    pub fn read(&self) -> Spread {
        let mut spread = Spread::default();
        self.add_to(&mut spread);
        spread
    }
}

/// What [`Spans`] have noted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Spread {
    /// The upper bound of each class, none for the last, and how many it has.
    pub classes: Vec<(Option<Duration>, u64)>,
    /// The sum of all.
    pub total: Duration,
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn spans_are_told_by_class_and_in_sum_and_add_up() {
        const BOUNDS: &[Duration] = &[Duration::from_millis(1), Duration::from_millis(10)];
        let spans = Spans::new(BOUNDS);
        for milliseconds in [0, 1, 2, 10, 11] {
            spans.note(Duration::from_millis(milliseconds));
        }
        let mut spread = spans.read();
        assert_eq!(spread.classes, [(Some(BOUNDS[0]), 2), (Some(BOUNDS[1]), 2), (None, 1)]);
        assert_eq!(spread.total, Duration::from_millis(24));
        spans.add_to(&mut spread);
        assert_eq!((spread.classes[2], spread.total), ((None, 2), Duration::from_millis(48)));
    }

    #[test]
    fn a_level_goes_down_again() {
        let level = Arc::new(Level::default());
        let (one, two) = (level.enter(), level.enter());
        assert_eq!(level.read(), 2);
        drop((one, two));
        assert_eq!(level.read(), 0);
    }
}
