//! Anonymous sessions as sealed tokens: one AES-128 block each.
//!
//! | bits | what |
//! |---|---|
//! | 36 | expiry, whole seconds since the Unix epoch |
//! | 4 | flags; bit 0: granted for setting the system up; the others are zero |
//! | 8 | tag of the origin: a hash of its name |
//! | 24 | guard tag; 0: none |
//! | 56 | random |
//!
//! A block cipher under a secret key is a random permutation to everybody else, so that a sealed token looks like a
//! random one, and a token that was not sealed here opens to random bits. Those pass for a seal when the three unused
//! flags are zero (1/8) and the origin is known (5/256 for five origins), which is one token in 410; and their expiry
//! is then anywhere in 2^36 seconds. **It is the caller who must refuse an expiry that has passed or lies further
//! ahead than any anonymous session lives.** In the half hour that is left by default, 1800/2^36, an invented token
//! ends up with a chance of 1/8 * 5/256 * 1800/2^36 = 6.4e-11, about 2^-34, for each key that counts: less than a guess
//! of the session's guard, and worth no more than the anonymous session which anybody may have for the asking.
//!
//! A block does not say which key sealed it, so all that count are tried. One sealed by an old key opens by another to
//! something that passes in one case in 410, which is why all readings are given and the expiry decides between them.

use std::sync::Arc;

use aes::{
    Block,
    cipher::{BlockCipherDecrypt, BlockCipherEncrypt},
};
use thiserror::Error;
use vestibule_application::ports::{Seal, Seals};
use vestibule_domain::{
    secret::OpaqueToken,
    session::{GuardTag, Origin, SessionId},
    time::Timestamp,
};

use crate::{keyring::Keyring, random::nonce};

#[cfg(test)]
mod tests;

const EXPIRY_MAX: i64 = (1 << 36) - 1;
const SETUP: u8 = 1;

/// Seals of AES-128.
pub struct AesSeals {
    keyring: Arc<Keyring>,
    origins: Vec<(u8, Origin)>,
}

/// Two origins have the same tag: one of them needs another name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the origins {} and {} cannot be told apart inside a sealed token: rename one", first.as_str(), second.as_str())]
pub struct OriginCollision {
    /// The one.
    pub first: Origin,
    /// The other.
    pub second: Origin,
}

impl AesSeals {
    /// Seals under these keys, for sessions of these origins.
    pub fn new(keyring: Arc<Keyring>, origins: impl IntoIterator<Item = Origin>) -> Result<Self, OriginCollision> {
        let mut known: Vec<(u8, Origin)> = Vec::new();
        for second in origins {
            let tag = tag(&second);
            match known.iter().find(|(taken, _)| *taken == tag) {
                Some((_, first)) if *first == second => {}
                Some((_, first)) => return Err(OriginCollision { first: first.clone(), second }),
                None => known.push((tag, second)),
            }
        }
        Ok(Self { keyring, origins: known })
    }

    fn tag_of(&self, origin: &Origin) -> u8 {
        let known = self.origins.iter().find(|(_, known)| known == origin);
        known.map_or_else(|| tag(origin), |(tag, _)| *tag)
    }

    /// What a block says once it is decrypted.
    fn read(&self, block: Block) -> Option<Seal> {
        let plain = u128::from_be_bytes(block.into());
        let [.., flags] = (plain >> 88 & 0xf).to_be_bytes();
        let [.., tag] = (plain >> 80).to_be_bytes();
        let [.., a, b, c] = (plain >> 56).to_be_bytes();
        let guard = u32::from_be_bytes([0, a, b, c]);
        let (_, origin) = self.origins.iter().find(|(known, _)| *known == tag)?;
        let seconds = i64::try_from(plain >> 92).ok()?;
        (flags & !SETUP == 0).then(|| Seal {
            origin: origin.clone(),
            expires: Timestamp::from_millis(seconds * 1000),
            setup: flags == SETUP,
            guard: (guard != 0).then(|| GuardTag::new(guard)),
        })
    }
}

/// Depends on the name alone, so that every node gives an origin the same tag.
fn tag(origin: &Origin) -> u8 {
    blake3::derive_key("vestibule 2026-11 origin tag v1", origin.as_str().as_bytes())[0]
}

impl Seals for AesSeals {
    /// Expiries before 1970 or after the year 4147 are moved to these.
    fn seal(&self, seal: &Seal) -> OpaqueToken {
        let expiry = u128::from(seal.expires.as_secs().clamp(0, EXPIRY_MAX).unsigned_abs());
        let flags = if seal.setup { SETUP } else { 0 };
        let guard = seal.guard.map_or(0, GuardTag::bits);
        let plain = expiry << 92
            | u128::from(flags) << 88
            | u128::from(self.tag_of(&seal.origin)) << 80
            | u128::from(guard) << 56;
        let [nonce @ .., _] = nonce::<8>().map(u128::from);
        let nonce = nonce.into_iter().fold(0, |bits, byte| bits << 8 | byte);
        let mut block = (plain | nonce).to_be_bytes().into();
        self.keyring.signing(|key| key.cipher.encrypt_block(&mut block));
        OpaqueToken::from_bits(block.into())
    }

    fn unseal(&self, token: &OpaqueToken) -> Vec<Seal> {
        let Some(bits) = token.bits() else { return Vec::new() };
        self.keyring.verifying(|key| {
            let mut block = bits.into();
            key.cipher.decrypt_block(&mut block);
            self.read(block)
        })
    }

    fn session_id(&self, token: &OpaqueToken) -> SessionId {
        let hash = blake3::keyed_hash(&self.keyring.session_ids, token.expose().as_bytes());
        let (id, _) = hash.as_bytes().split_at(16);
        SessionId::from_uuid(uuid::Builder::from_custom_bytes(std::array::from_fn(|place| id[place])).into_uuid())
    }
}
