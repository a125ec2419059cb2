//! Password hashes: Argon2id (RFC 9106) in PHC string format, and those of other systems to compare with, all made by a
//! few threads of their own.

use std::{num::NonZeroUsize, sync::Arc, thread};

use async_trait::async_trait;
use subtle::ConstantTimeEq;
use thiserror::Error;
use vestibule_application::ports::{Against, HashError, HashProfile, PasswordHasher, UnusableHash, Verdict};
use vestibule_domain::secret::{Password, PasswordHash};

pub use self::pepper::{PepperError, PepperProblem, Peppers};
pub use self::pool::{HashLoad, give_way};
use self::{
    formats::{Argon2Hash, Derivation},
    pool::{OVERLOADED, Pool, room},
};

mod formats;
mod pepper;
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
///
/// Compares with hashes of other systems too; all of them are outdated.
pub struct Argon2Hasher {
    standard: Argon2Cost,
    peppers: Peppers,
    pool: Pool,
}

impl Argon2Hasher {
    /// Starts the threads.
    pub fn start(config: Argon2Config) -> Result<Self, HasherError> {
        config.cost.params().map_err(|_| HasherError::Cost(config.cost))?;
        let pool = Pool::start(config.threads, config.queue, config.cost)?;
        Ok(Self { standard: config.cost, peppers: Peppers::default(), pool })
    }

    /// The same hasher, for passwords that go through these peppers first.
    #[must_use]
    pub fn with_peppers(self, peppers: Peppers) -> Self {
        Self { peppers, ..self }
    }

    /// How busy the threads are, as it changes.
    pub fn load(&self) -> Arc<HashLoad> {
        Arc::clone(&self.pool.load)
    }

    const fn cost(&self, profile: HashProfile) -> Argon2Cost {
        match profile {
            HashProfile::Standard => self.standard,
            HashProfile::Fast => Argon2Cost::FAST,
        }
    }

    /// Random secrets gain nothing from a pepper, and are never hashed anew, so that theirs could never be retired.
    fn pepper(&self, profile: HashProfile) -> Option<&str> {
        match profile {
            HashProfile::Standard => self.peppers.newest(),
            HashProfile::Fast => None,
        }
    }
}

/// Makes so many hashes as a thread of a hasher would, and tells of each how many have been made.
pub(crate) fn hash_repeatedly(cost: Argon2Cost, times: u32, mut made: impl FnMut(u32)) -> Result<(), HasherError> {
    cost.params().map_err(|_| HasherError::Cost(cost))?;
    let mut memory = room(cost);
    for time in 1..=times {
        Argon2Hash::new(cost).derive(b"a password", &mut memory).map_err(|_| HasherError::Cost(cost))?;
        made(time);
    }
    Ok(())
}

#[async_trait]
impl PasswordHasher for Argon2Hasher {
    async fn hash(&self, password: &Password, profile: HashProfile) -> Result<PasswordHash, HashError> {
        let (hash, pepper) = (Argon2Hash::new(self.cost(profile)), self.pepper(profile));
        let password = self.peppers.applied(pepper, password.expose())?;
        let output = self.pool.derive(password, Box::new(hash.clone())).await?;
        Ok(hash.write(&output, pepper))
    }

    async fn verify(&self, password: &Password, against: Against) -> Result<Verdict, HashError> {
        let stored = match against {
            Against::Stored(hash) => formats::read(hash.expose(), self.standard)?,
            Against::Nothing(profile) => {
                let password = self.peppers.applied(self.pepper(profile), password.expose())?;
                self.pool.derive(password, Box::new(Argon2Hash::dummy(self.cost(profile)))).await?;
                return Ok(Verdict::Wrong);
            }
        };
        let password = self.peppers.applied(stored.pepper.as_deref(), password.expose())?;
        let output = self.pool.derive(password, stored.derivation).await?;
        Ok(if !bool::from(output.ct_eq(&stored.expected)) {
            Verdict::Wrong
        } else if stored.cost == Some(self.standard) && stored.pepper.as_deref() == self.peppers.newest() {
            Verdict::Right
        } else {
            Verdict::RightButOutdated
        })
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), UnusableHash> {
        let stored = formats::read(hash.expose(), self.standard)?;
        self.peppers.applied(stored.pepper.as_deref(), "").map(drop)
    }
}
