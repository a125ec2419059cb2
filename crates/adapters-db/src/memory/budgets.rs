//! Budgets counted in this process's memory: at most so many attempts in any window of so long.

#[cfg(test)]
mod tests;

use std::{
    collections::{HashMap, VecDeque},
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use vestibule_application::ports::{Bucket, Budgets, Clock, Exhausted};
use vestibule_domain::time::Timestamp;

/// At most `amount` attempts in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limit {
    /// How many.
    pub amount: usize,
    /// In how long.
    pub window: Duration,
}

/// The limit of each kind of bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetLimits {
    /// [`Bucket::LoginTo`].
    pub login_to: Limit,
    /// [`Bucket::LoginFrom`].
    pub login_from: Limit,
    /// [`Bucket::DisclosureTo`].
    pub disclosure_to: Limit,
    /// [`Bucket::Disclosure`].
    pub disclosure: Limit,
    /// [`Bucket::RegistrationFrom`].
    pub registration_from: Limit,
    /// The most buckets that are kept. Beyond it those with the fewest attempts are forgotten, an eighth at a time.
    pub buckets: usize,
}

impl Default for BudgetLimits {
    /// 10 failed logins to an account and 60 from an address in ten minutes; 10 disclosures to an address and 600 to
    /// anybody, and 5 registrations from an address, in an hour; 100,000 buckets.
    fn default() -> Self {
        const TEN_MINUTES: Duration = Duration::from_mins(10);
        const HOUR: Duration = Duration::from_hours(1);
        Self {
            login_to: Limit { amount: 10, window: TEN_MINUTES },
            login_from: Limit { amount: 60, window: TEN_MINUTES },
            disclosure_to: Limit { amount: 10, window: HOUR },
            disclosure: Limit { amount: 600, window: HOUR },
            registration_from: Limit { amount: 5, window: HOUR },
            buckets: 100_000,
        }
    }
}

impl BudgetLimits {
    fn of(&self, bucket: &Bucket) -> Limit {
        match bucket {
            Bucket::LoginTo(_) => self.login_to,
            Bucket::LoginFrom(_) => self.login_from,
            Bucket::DisclosureTo(_) => self.disclosure_to,
            Bucket::Disclosure => self.disclosure,
            Bucket::RegistrationFrom(_) => self.registration_from,
        }
    }
}

/// Keeps the times of the attempts of each bucket, for one process. IPv6 addresses share a bucket with their /64
/// network, which is what one customer of a provider has at least.
pub struct MemoryBudgets {
    limits: BudgetLimits,
    clock: Arc<dyn Clock>,
    attempts: Mutex<HashMap<Bucket, VecDeque<Timestamp>>>,
}

impl MemoryBudgets {
    /// Full budgets.
    pub fn new(limits: BudgetLimits, clock: Arc<dyn Clock>) -> Self {
        Self { limits, clock, attempts: Mutex::default() }
    }

    /// How long until one more attempt fits, if there is no room now.
    fn wait(&self, bucket: &Bucket, times: &mut VecDeque<Timestamp>, now: Timestamp) -> Option<Duration> {
        let Limit { amount, window } = self.limits.of(bucket);
        while times.front().is_some_and(|at| at.plus(window) <= now) {
            times.pop_front();
        }
        let blocking = times.len().checked_sub(amount)?;
        // With an amount of nothing no attempt ever fits; a window is as good an answer as any.
        Some(times.get(blocking).map_or(window, |at| at.plus(window).since(now)))
    }

    /// Makes room for new buckets: idle ones go first, then those with the fewest and oldest attempts, so that a flood
    /// of one-attempt buckets washes away itself and not the bucket of an account under attack.
    fn evict(&self, attempts: &mut HashMap<Bucket, VecDeque<Timestamp>>, now: Timestamp) {
        let is_busy = |bucket: &Bucket, times: &VecDeque<Timestamp>| {
            times.back().is_some_and(|at| now < at.plus(self.limits.of(bucket).window))
        };
        attempts.retain(|bucket, times| is_busy(bucket, times));
        let keep = self.limits.buckets - self.limits.buckets.div_ceil(8);
        let Some(excess) = attempts.len().checked_sub(keep).filter(|excess| *excess > 0) else { return };
        let mut ranked: Vec<_> =
            attempts.iter().map(|(bucket, times)| ((times.len(), times.back().copied()), bucket.clone())).collect();
        ranked.sort_unstable_by_key(|(rank, _)| *rank);
        for (_, bucket) in ranked.into_iter().take(excess) {
            attempts.remove(&bucket);
        }
    }
}

#[async_trait]
impl Budgets for MemoryBudgets {
    async fn charge(&self, buckets: &[Bucket]) -> Result<(), Exhausted> {
        let now = self.clock.now();
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        if attempts.len() + buckets.len() > self.limits.buckets {
            self.evict(&mut attempts, now);
        }
        let mut charged = Vec::with_capacity(buckets.len());
        let mut longest: Option<Duration> = None;
        for bucket in buckets.iter().map(shared) {
            let times = attempts.entry(bucket.clone()).or_default();
            if let Some(wait) = self.wait(&bucket, times, now) {
                longest = longest.max(Some(wait));
            } else {
                times.push_back(now);
                charged.push(bucket);
            }
        }
        let Some(retry_after) = longest else { return Ok(()) };
        for bucket in &charged {
            take_back(&mut attempts, bucket);
        }
        Err(Exhausted { retry_after })
    }

    async fn refund(&self, buckets: &[Bucket]) {
        let mut attempts = self.attempts.lock().unwrap_or_else(PoisonError::into_inner);
        for bucket in buckets {
            take_back(&mut attempts, &shared(bucket));
        }
    }
}

/// Takes back the latest attempt, and drops a bucket that has none left.
fn take_back(attempts: &mut HashMap<Bucket, VecDeque<Timestamp>>, bucket: &Bucket) {
    if let Some(times) = attempts.get_mut(bucket) {
        times.pop_back();
        if times.is_empty() {
            attempts.remove(bucket);
        }
    }
}

/// The bucket that an address shares with its network.
fn shared(bucket: &Bucket) -> Bucket {
    match bucket {
        Bucket::LoginFrom(address) => Bucket::LoginFrom(network(*address)),
        Bucket::DisclosureTo(address) => Bucket::DisclosureTo(network(*address)),
        Bucket::RegistrationFrom(address) => Bucket::RegistrationFrom(network(*address)),
        Bucket::LoginTo(_) | Bucket::Disclosure => bucket.clone(),
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        v4 @ IpAddr::V4(_) => v4,
    }
}
