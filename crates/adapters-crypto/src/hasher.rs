//! Password hashes: Argon2id (RFC 9106) in PHC string format, made by a few threads of their own.

use std::{num::NonZeroUsize, thread};

use async_trait::async_trait;
use subtle::ConstantTimeEq;
use thiserror::Error;
use vestibule_application::ports::{Against, HashError, HashProfile, PasswordHasher, Verdict};
use vestibule_domain::secret::{Password, PasswordHash};

use self::{
    phc::{Phc, SALT_BYTES},
    pool::Pool,
};
use crate::random::random;

mod phc;
mod pool;
#[cfg(test)]
mod tests;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub iterations: u32,
    /// Lanes. They are computed one after the other: logins are many, and each may have a core.
    pub parallelism: u32,
}

impl Argon2Cost {
    /// For secrets that are random already: nobody can guess 128 bits, however cheap a guess is.
    const FAST: Self = Self { memory_kib: 1024, iterations: 1, parallelism: 1 };

    fn params(self) -> Result<argon2::Params, argon2::Error> {
        argon2::Params::new(self.memory_kib, self.iterations, self.parallelism, None)
    }
}

/// 19 MiB, two passes, one lane: the minimum that OWASP's Password Storage Cheat Sheet asks for.
impl Default for Argon2Cost {
    fn default() -> Self {
        Self { memory_kib: 19_456, iterations: 2, parallelism: 1 }
    }
}

/// How passwords are hashed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2Config {
    /// What a password's hash costs.
    pub cost: Argon2Cost,
    /// How many hashes are made at once; each thread keeps the memory of one.
    pub threads: NonZeroUsize,
    /// How many more may wait.
    pub queue: NonZeroUsize,
}

impl Default for Argon2Config {
    /// The default cost, a thread for each core, and 32 places to wait.
    fn default() -> Self {
        Self {
            cost: Argon2Cost::default(),
            threads: thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
            queue: NonZeroUsize::MIN.saturating_add(31),
        }
    }
}

/// Why there is no hasher.
#[derive(Debug, Error)]
pub enum HasherError {
    /// Argon2 has no such cost.
    #[error(
        "Argon2 cannot work with {} KiB of memory, {} iterations and {} lanes: it takes at least 8 KiB for each lane, \
         and one of each", .0.memory_kib, .0.iterations, .0.parallelism
    )]
    Cost(Argon2Cost),
    /// The operating system gave no thread.
    #[error("cannot start a thread for password hashing")]
    Thread(#[from] std::io::Error),
}

/// Argon2id on dedicated threads. Dropping it waits for the hashes under way.
pub struct Argon2Hasher {
    standard: Argon2Cost,
    pool: Pool,
}

impl Argon2Hasher {
    /// Starts the threads.
    pub fn start(config: Argon2Config) -> Result<Self, HasherError> {
        config.cost.params().map_err(|_| HasherError::Cost(config.cost))?;
        Ok(Self { standard: config.cost, pool: Pool::start(config.threads, config.queue, config.cost)? })
    }

    const fn cost(&self, profile: HashProfile) -> Argon2Cost {
        match profile {
            HashProfile::Standard => self.standard,
            HashProfile::Fast => Argon2Cost::FAST,
        }
    }

    /// Whether a stored hash may be computed: one that came from elsewhere must not be able to stall every login.
    fn affords(&self, cost: Argon2Cost) -> bool {
        const LEAST_LIMIT_KIB: u32 = 256 * 1024;
        const MAX_ITERATIONS: u32 = 100;
        let limit = self.standard.memory_kib.saturating_mul(8).max(LEAST_LIMIT_KIB);
        cost.memory_kib <= limit && cost.iterations <= MAX_ITERATIONS.max(self.standard.iterations)
    }
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Password, profile: HashProfile) -> Result<PasswordHash, HashError> {
        let (cost, salt) = (self.cost(profile), random::<SALT_BYTES>().to_vec());
        let output = self.pool.derive(password, cost, salt.clone(), phc::OUTPUT_BYTES).await?;
        Ok(Phc { cost, salt, output }.write())
    }

    async fn verify(&self, password: &Password, against: Against) -> Result<Verdict, HashError> {
        let stored = match against {
            Against::Stored(hash) => Phc::read(&hash).ok_or(HashError::Unusable)?,
            Against::Nothing(profile) => {
                self.pool.derive(password, self.cost(profile), vec![0; SALT_BYTES], phc::OUTPUT_BYTES).await?;
                return Ok(Verdict::Wrong);
            }
        };
        if !self.affords(stored.cost) {
            return Err(HashError::Unusable);
        }
        let output = self.pool.derive(password, stored.cost, stored.salt, stored.output.len()).await?;
        Ok(if !bool::from(output.ct_eq(&stored.output)) {
            Verdict::Wrong
        } else if stored.cost == self.standard || stored.cost == Argon2Cost::FAST {
            Verdict::Right
        } else {
            Verdict::RightButOutdated
        })
    }
}
