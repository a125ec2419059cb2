//! `$pbkdf2-sha256$i=600000$salt$hash` in the PHC format (`l=32` may follow), and `$pbkdf2-sha256$29000$salt$hash` as
//! Passlib writes it. `$pbkdf2$` and `$pbkdf2-sha1$` are SHA-1; `$pbkdf2-sha512$` is read too.

use std::num::NonZeroU32;

use aws_lc_rs::pbkdf2::{self, Algorithm};
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

use super::{
    Block, Derivation, Output, Stored,
    phc::{Phc, bytes, number},
};

const MALFORMED: UnusableHash = UnusableHash::Malformed("PBKDF2");

/// The hash function below.
#[derive(Clone, Copy)]
pub(super) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    const fn bytes(self) -> u32 {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    fn algorithm(self) -> Algorithm {
        match self {
            Self::Sha1 => pbkdf2::PBKDF2_HMAC_SHA1,
            Self::Sha256 => pbkdf2::PBKDF2_HMAC_SHA256,
            Self::Sha512 => pbkdf2::PBKDF2_HMAC_SHA512,
        }
    }
}

pub(super) struct Pbkdf2 {
    digest: Digest,
    iterations: NonZeroU32,
    salt: Vec<u8>,
    length: usize,
}

impl Pbkdf2 {
    /// PBKDF2, if it can be afforded. A hash longer than the digest takes all iterations again for each digest's length.
    pub(super) fn new(digest: Digest, iterations: u32, salt: Vec<u8>, length: usize) -> Result<Self, UnusableHash> {
        const MOST: u32 = 2_000_000;
        let blocks = u32::try_from(length).map_err(|_| MALFORMED)?.div_ceil(digest.bytes());
        let iterations = NonZeroU32::new(iterations).ok_or(MALFORMED)?;
        if !(10..=64).contains(&length) {
            return Err(MALFORMED);
        }
        if iterations.get().checked_mul(blocks).is_none_or(|all| all > MOST) {
            return Err(UnusableHash::TooDear("2000000 iterations (PBKDF2)"));
        }
        Ok(Self { digest, iterations, salt, length })
    }
}

impl Derivation for Pbkdf2 {
    fn derive(&self, password: &[u8], _: &mut Vec<Block>) -> Result<Output, HashError> {
        let mut output = Zeroizing::new(vec![0; self.length]);
        pbkdf2::derive(self.digest.algorithm(), self.iterations, &self.salt, password, &mut output);
        Ok(output)
    }
}

pub(super) fn read(text: &str) -> Result<Stored, UnusableHash> {
    let phc = Phc::split(text).ok_or(MALFORMED)?;
    let digest = match phc.ident {
        "pbkdf2" | "pbkdf2-sha1" => Digest::Sha1,
        "pbkdf2-sha256" => Digest::Sha256,
        "pbkdf2-sha512" => Digest::Sha512,
        _ => return Err(MALFORMED),
    };
    // Passlib's base 64 has a dot in the place of the plus sign.
    let adapted = |text: &str| bytes(&text.replace('.', "+"));
    let (Some(salt), Some(hash)) = (adapted(phc.salt), adapted(phc.hash)) else { return Err(MALFORMED) };
    let iterations = if let Some(iterations) = number(phc.params()) {
        iterations
    } else {
        let [iterations, length] = phc.values(["i", "l?"]).ok_or(MALFORMED)?.map(|value| value.and_then(number));
        if length.is_some_and(|length| length as usize != hash.len()) {
            return Err(MALFORMED);
        }
        iterations.ok_or(MALFORMED)?
    };
    Ok(Stored::foreign(Pbkdf2::new(digest, iterations, salt, hash.len())?, hash))
}
