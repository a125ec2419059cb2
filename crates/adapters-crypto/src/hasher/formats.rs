//! The formats of stored hashes that are understood: this service's own, and those of systems it takes users over from.
//!
//! Reading one costs next to nothing. What a hash demands is held against the limits here, before anything is computed
//! or allocated: whoever can write a row must not be able to stall every login.

mod argon2;
mod bcrypt;
mod crypt64;
mod django;
mod firebase;
mod pbkdf2;
mod phc;
mod phpass;
mod scrypt;
mod sha_crypt;
#[cfg(test)]
mod tests;

use ::argon2::Block;
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

pub(super) use self::argon2::Argon2Hash;
use super::Argon2Cost;

/// Bytes that a password became.
pub(super) type Output = Zeroizing<Vec<u8>>;

/// Turns passwords into bytes that are compared with stored ones.
pub(super) trait Derivation: Send {
    /// The bytes. `memory` belongs to the thread, which keeps it from one hash to the next.
    fn derive(&self, password: &[u8], memory: &mut Vec<Block>) -> Result<Output, HashError>;
}

/// A stored hash that can be compared with.
pub(super) struct Stored {
    pub(super) derivation: Box<dyn Derivation>,
    /// What the right password becomes.
    pub(super) expected: Output,
    /// The id of the pepper it was made with.
    pub(super) pepper: Option<String>,
    /// What it cost, if it was made as new ones are; nothing for what is always outdated.
    pub(super) cost: Option<Argon2Cost>,
}

impl Stored {
    /// One of another system's.
    fn foreign(derivation: impl Derivation + 'static, expected: Vec<u8>) -> Self {
        Self { derivation: Box::new(derivation), expected: Zeroizing::new(expected), pepper: None, cost: None }
    }
}

/// No format makes longer ones.
const MAX_BYTES: usize = 1024;

/// Reads a stored hash by what it begins with. `standard` is what a new hash costs, and so affordable.
pub(super) fn read(text: &str, standard: Argon2Cost) -> Result<Stored, UnusableHash> {
    if text.len() > MAX_BYTES {
        return Err(UnusableHash::UnknownFormat);
    }
    let ident = text.strip_prefix('$').and_then(|rest| rest.split('$').next());
    match ident {
        Some("argon2id" | "argon2i" | "argon2d") => argon2::read(text, standard),
        Some("2a" | "2b" | "2y") => bcrypt::read(text),
        Some("scrypt") => scrypt::read(text),
        Some("pbkdf2" | "pbkdf2-sha1" | "pbkdf2-sha256" | "pbkdf2-sha512") => pbkdf2::read(text),
        Some("5" | "6") => sha_crypt::read(text),
        Some("P" | "H") => phpass::read(text),
        Some("firebase-scrypt") => firebase::read(text),
        Some(_) => Err(UnusableHash::UnknownFormat),
        None => django::read(text, standard),
    }
}
