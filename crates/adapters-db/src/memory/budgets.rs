//! Budgets counted in this process's memory.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use vestibule_application::ports::{Bucket, BudgetLimits, Budgets, Clock, NotCharged, StoreError};
use vestibule_domain::time::Timestamp;

use crate::attempts::Attempts;

/// Keeps the times of the attempts of each bucket, for one process.
pub struct MemoryBudgets {
    limits: BudgetLimits,
    clock: Arc<dyn Clock>,
    /// The most buckets that are kept. Beyond it those with the fewest attempts are forgotten, an eighth at a time.
    room: usize,
    attempts: Mutex<HashMap<Bucket, Attempts>>,
}

impl MemoryBudgets {
    /// Full budgets, with room for 100,000 buckets.
    pub fn new(limits: BudgetLimits, clock: Arc<dyn Clock>) -> Self {
        Self { limits, clock, room: 100_000, attempts: Mutex::default() }
    }

    /// Forgets the buckets to which nothing is charged any more.
    fn tidy(&self, attempts: &mut HashMap<Bucket, Attempts>, now: Timestamp) {
        let is_busy = |bucket: &Bucket, attempts: &Attempts| {
            attempts.latest().is_some_and(|at| now < at.plus(self.limits.of(bucket).window))
        };
        attempts.retain(|bucket, attempts| is_busy(bucket, attempts));
    }

    /// Makes room for new buckets: idle ones go first, then those with the fewest and oldest attempts, so that a flood
    /// of one-attempt buckets washes away itself and not the bucket of an account under attack.
    fn evict(&self, attempts: &mut HashMap<Bucket, Attempts>, now: Timestamp) {
        self.tidy(attempts, now);
        let keep = self.room - self.room.div_ceil(8);
        let Some(excess) = attempts.len().checked_sub(keep).filter(|excess| *excess > 0) else { return };
        let rank = |(bucket, attempts): (&Bucket, &Attempts)| ((attempts.count(), attempts.latest()), bucket.clone());
        let mut ranked: Vec<_> = attempts.iter().map(rank).collect();
        ranked.sort_unstable_by_key(|(rank, _)| *rank);
        for (_, bucket) in ranked.into_iter().take(excess) {
            attempts.remove(&bucket);
        }
    }

    fn charge_now(&self, buckets: &[Bucket]) -> Result<(), NotCharged> {
        let now = self.clock.now();
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() + buckets.len() > self.room {
            self.evict(&mut attempts, now);
        }
        let mut charged = Vec::with_capacity(buckets.len());
        let mut longest: Option<(Duration, &Bucket)> = None;
        for bucket in buckets {
            let (limit, attempts) = (self.limits.of(bucket), attempts.entry(bucket.clone()).or_default());
            if let Some(wait) = attempts.wait(limit, now) {
                longest = longest.filter(|(longest, _)| *longest >= wait).or(Some((wait, bucket)));
            } else {
                attempts.push(limit, now);
                charged.push(bucket);
            }
        }
        let Some((retry_after, bucket)) = longest else { return Ok(()) };
        for bucket in charged {
            take_back(&mut attempts, bucket);
        }
        Err(NotCharged::Spent { bucket: bucket.clone(), retry_after })
    }
}

#[async_trait]
impl Budgets for MemoryBudgets {
    async fn charge(&self, buckets: &[Bucket]) -> Result<(), NotCharged> {
        self.charge_now(buckets)
    }

    fn charge_at_hand(&self, buckets: &[Bucket]) -> bool {
        self.charge_now(buckets).is_ok()
    }

    async fn refund(&self, buckets: &[Bucket]) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in buckets {
            take_back(&mut attempts, bucket);
        }
    }

    async fn sweep(&self, _limit: u32) -> Result<u32, StoreError> {
        // Nothing is in the way of doing it in one go.
        self.tidy(&mut self.attempts.lock().unwrap_or_else(PoisonError::into_inner), self.clock.now());
        Ok(0)
    }
}

/// Takes back the latest attempt, and drops a bucket that has none left.
fn take_back(attempts: &mut HashMap<Bucket, Attempts>, bucket: &Bucket) {
    if let Some(theirs) = attempts.get_mut(bucket) {
        theirs.pop();
        if theirs.count() == 0 {
            attempts.remove(bucket);
        }
    }
}
