//! The PHC string format: `$argon2id$v=19$m=19456,t=2,p=1$salt$hash`.

use argon2::Params;
use base64::{Engine, engine::general_purpose::STANDARD_NO_PAD};
use vestibule_domain::secret::PasswordHash;
use zeroize::Zeroizing;

use super::Argon2Cost;

/// The length of a new salt (RFC 9106, section 3.1).
pub(super) const SALT_BYTES: usize = 16;
/// The length of a new hash.
pub(super) const OUTPUT_BYTES: usize = 32;

/// What a PHC string says.
pub(super) struct Phc {
    pub(super) cost: Argon2Cost,
    pub(super) salt: Vec<u8>,
    pub(super) output: Zeroizing<Vec<u8>>,
}

impl Phc {
    /// Reads any Argon2id hash of version 1.3; nothing else, and none that was made with a key or further data.
    pub(super) fn read(hash: &PasswordHash) -> Option<Self> {
        let phc = argon2::PasswordHash::new(hash.expose()).ok()?;
        let params = Params::try_from(&phc).ok()?;
        if phc.algorithm != argon2::ARGON2ID_IDENT
            || phc.version != Some(argon2::Version::V0x13.into())
            || !params.keyid().is_empty()
            || !params.data().is_empty()
        {
            return None;
        }
        let cost =
            Argon2Cost { memory_kib: params.m_cost(), iterations: params.t_cost(), parallelism: params.p_cost() };
        Some(Self { cost, salt: phc.salt?.as_ref().to_vec(), output: Zeroizing::new(phc.hash?.as_bytes().to_vec()) })
    }

    pub(super) fn write(&self) -> PasswordHash {
        let Argon2Cost { memory_kib, iterations, parallelism } = self.cost;
        let (salt, output) = (STANDARD_NO_PAD.encode(&self.salt), STANDARD_NO_PAD.encode(&*self.output));
        PasswordHash::new(format!("$argon2id$v=19$m={memory_kib},t={iterations},p={parallelism}${salt}${output}"))
    }
}
