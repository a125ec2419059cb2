//! What a password hash takes on this machine, and what it should cost so that it takes a given time.

#[cfg(test)]
mod tests;

use std::{
    num::NonZeroUsize,
    thread,
    time::{Duration, Instant},
};

use crate::hasher::{Argon2Cost, HasherError, hash_repeatedly};

/// What hashing took with all threads at work.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Measured {
    /// What each hash cost.
    pub cost: Argon2Cost,
    /// How many threads made them.
    pub threads: NonZeroUsize,
    /// How long one took.
    pub each: Duration,
}

impl Measured {
    /// Hashes, and so logins, in a second.
    #[expect(clippy::cast_precision_loss, reason = "threads are few")]
    pub fn per_second(&self) -> f64 {
        self.threads.get() as f64 / self.each.as_secs_f64().max(f64::MIN_POSITIVE)
    }

    /// The memory that all threads take together, in KiB.
    pub fn memory_kib(&self) -> u64 {
        u64::from(self.cost.memory_kib) * self.threads.get() as u64
    }
}

/// Makes `rounds` hashes on each of `threads` threads at once, after one that does not count. Waits for them.
pub fn measure(cost: Argon2Cost, threads: NonZeroUsize, rounds: u32) -> Result<Measured, HasherError> {
    let rounds = rounds.max(1);
    let taken = thread::scope(|scope| {
        let work = || {
            let mut begun = Instant::now();
            hash_repeatedly(cost, rounds + 1, |made| {
                if made == 1 {
                    begun = Instant::now();
                }
            })
            .map(|()| begun.elapsed())
        };
        let workers: Vec<_> =
            (0..threads.get()).map(|_| thread::Builder::new().spawn_scoped(scope, work)).collect::<Result<_, _>>()?;
        let mut all = Duration::ZERO;
        for worker in workers {
            all += worker.join().unwrap_or(Err(HasherError::Cost(cost)))?;
        }
        Ok::<_, HasherError>(all)
    })?;
    let hashes = rounds.saturating_mul(u32::try_from(threads.get()).unwrap_or(u32::MAX));
    Ok(Measured { cost, threads, each: taken / hashes })
}

/// The cost at which a hash takes about `target`, given what another took: memory first, up to `most_memory_kib` for
/// each hash, then passes. Never below OWASP's minimum, whatever that takes.
pub fn propose(measured: &Measured, target: Duration, most_memory_kib: u32) -> Argon2Cost {
    const MOST_ITERATIONS: u64 = 100;
    let least = Argon2Cost::default();
    let written = |cost: Argon2Cost| u64::from(cost.memory_kib) * u64::from(cost.iterations);
    // The time is in proportion to what is written, whether by memory or by passes.
    let nanos = u64::try_from(measured.each.as_nanos()).unwrap_or(u64::MAX).max(1);
    let budget = u128::from(written(measured.cost)) * target.as_nanos() / u128::from(nanos);
    let budget = u64::try_from(budget).unwrap_or(u64::MAX);
    let most = u64::from(most_memory_kib.max(least.memory_kib));
    // In whole MiB, unless it is the minimum.
    let memory = (budget / u64::from(least.iterations)).min(most) / 1024 * 1024;
    let memory = memory.max(u64::from(least.memory_kib));
    let iterations = (budget / memory).clamp(u64::from(least.iterations), MOST_ITERATIONS);
    Argon2Cost {
        memory_kib: u32::try_from(memory).unwrap_or(u32::MAX),
        iterations: u32::try_from(iterations).unwrap_or(u32::MAX),
        parallelism: least.parallelism,
    }
}
