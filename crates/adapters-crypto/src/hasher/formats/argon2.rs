//! `$argon2id$v=19$m=19456,t=2,p=1$salt$hash` ([RFC 9106]), this service's own format; `argon2i`, `argon2d` and the
//! older version 1.0 (`v=16`, or none) from elsewhere.
//!
//! `keyid` names the pepper that the password went through before, as bytes of ASCII.
//!
//! [RFC 9106]: https://www.rfc-editor.org/rfc/rfc9106

use argon2::{Algorithm, Argon2, Block, Params, Version};
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use vestibule_application::ports::{HashError, UnusableHash};
use vestibule_domain::secret::PasswordHash;
use zeroize::Zeroizing;

use super::{Derivation, Output, Stored};
use crate::{hasher::Argon2Cost, random::random};

/// The length of a new salt (RFC 9106, section 3.1).
const SALT_BYTES: usize = 16;
/// The length of a new hash.
const OUTPUT_BYTES: usize = 32;

const MALFORMED: UnusableHash = UnusableHash::Malformed("Argon2");
const TOO_DEAR: UnusableHash =
    UnusableHash::TooDear("256 MiB of memory, 64 lanes, 100 passes, and 1 GiB written in all of them (Argon2)");

/// Argon2 with everything but the password.
#[derive(Clone)]
pub(in crate::hasher) struct Argon2Hash {
    algorithm: Algorithm,
    version: Version,
    cost: Argon2Cost,
    salt: Vec<u8>,
    length: usize,
}

impl Argon2Hash {
    /// For a new hash: Argon2id 1.3 with a salt of its own.
    pub(in crate::hasher) fn new(cost: Argon2Cost) -> Self {
        Self::salted(cost, random::<SALT_BYTES>().to_vec())
    }

    /// For no hash at all: the same work.
    pub(in crate::hasher) fn dummy(cost: Argon2Cost) -> Self {
        Self::salted(cost, vec![0; SALT_BYTES])
    }

    fn salted(cost: Argon2Cost, salt: Vec<u8>) -> Self {
        Self { algorithm: Algorithm::Argon2id, version: Version::V0x13, cost, salt, length: OUTPUT_BYTES }
    }

    /// Writes down what [`Self::new`] made, and with which pepper.
    pub(in crate::hasher) fn write(&self, output: &[u8], pepper: Option<&str>) -> PasswordHash {
        let Argon2Cost { memory_kib, iterations, parallelism } = self.cost;
        let (salt, output) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(output));
        let key = pepper.map(|id| format!(",keyid={}", STANDARD_NO_PAD.encode(id))).unwrap_or_default();
        PasswordHash::new(format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}{key}${salt}${output}"))
    }

    fn is_of_today(&self) -> bool {
        self.algorithm == Algorithm::Argon2id
            && self.version == Version::V0x13
            && self.salt.len() >= SALT_BYTES
            && self.length >= OUTPUT_BYTES
    }
}

impl Derivation for Argon2Hash {
    fn derive(&self, password: &[u8], memory: &mut Vec<Block>) -> Result<Output, HashError> {
        let params = self.cost.params().map_err(|_| MALFORMED)?;
        let missing = params.block_count().saturating_sub(memory.len());
        memory.try_reserve_exact(missing).map_err(|_| crate::hasher::OVERLOADED)?;
        if missing > 0 {
            memory.resize(params.block_count(), Block::new());
        }
        let mut output = Zeroizing::new(vec![0; self.length]);
        Argon2::new(self.algorithm, self.version, params)
            .hash_password_into_with_memory(password, &self.salt, &mut output, memory)
            .map_err(|_| MALFORMED)?;
        Ok(output)
    }
}

/// Reads any Argon2 hash, except those made with further data.
pub(super) fn read(text: &str, standard: Argon2Cost) -> Result<Stored, UnusableHash> {
    let phc = argon2::PasswordHash::new(text).map_err(|_| MALFORMED)?;
    let params = Params::try_from(&phc).map_err(|_| MALFORMED)?;
    let algorithm = Algorithm::try_from(phc.algorithm.as_str()).map_err(|_| MALFORMED)?;
    // The reference implementation writes no version for 1.0.
    let version = Version::try_from(phc.version.unwrap_or(Version::V0x10.into())).map_err(|_| MALFORMED)?;
    let cost = Argon2Cost { memory_kib: params.m_cost(), iterations: params.t_cost(), parallelism: params.p_cost() };
    let (Some(salt), Some(output)) = (phc.salt, phc.hash) else { return Err(MALFORMED) };
    if !params.data().is_empty() || salt.as_ref().len() < argon2::MIN_SALT_LEN {
        return Err(MALFORMED);
    }
    if !affordable(cost, standard) {
        return Err(TOO_DEAR);
    }
    let pepper = (!params.keyid().is_empty()).then(|| String::from_utf8_lossy(params.keyid()).into_owned());
    let derivation =
        Argon2Hash { algorithm, version, cost, salt: salt.as_ref().to_vec(), length: output.as_bytes().len() };
    Ok(Stored {
        cost: derivation.is_of_today().then_some(cost),
        derivation: Box::new(derivation),
        expected: Zeroizing::new(output.as_bytes().to_vec()),
        pepper,
    })
}

/// What new hashes cost is always affordable, and so is what the first four limits allow together.
fn affordable(cost: Argon2Cost, standard: Argon2Cost) -> bool {
    const MEMORY_KIB: u32 = 256 * 1024;
    const ITERATIONS: u32 = 100;
    const LANES: u32 = 64;
    const WRITTEN_KIB: u64 = 1024 * 1024;
    let written = |cost: Argon2Cost| u64::from(cost.memory_kib) * u64::from(cost.iterations);
    cost.memory_kib <= MEMORY_KIB.max(standard.memory_kib)
        && cost.iterations <= ITERATIONS.max(standard.iterations)
        && cost.parallelism <= LANES
        && written(cost) <= WRITTEN_KIB.max(written(standard))
}
