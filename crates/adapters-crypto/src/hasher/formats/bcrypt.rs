//! `$2b$12$` with 22 characters of salt and 31 of hash: bcrypt as OpenBSD, PHP, Ruby and Python write it.
//!
//! bcrypt takes 72 bytes of a password and never saw the rest, and so it is here. `$2x$`, which marks hashes of a faulty
//! implementation, is not read; `$2a$` and `$2y$` are read as `$2b$`.

use base64::{
    Engine, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

use super::{Block, Derivation, Output, Stored, phc::number};

const MALFORMED: UnusableHash = UnusableHash::Malformed("bcrypt");
const LEAST_COST: u32 = 4;
const MOST_COST: u32 = 14;
/// How many bytes of a password bcrypt takes, its closing NUL included.
const MOST_BYTES: usize = 72;

/// The bits after the last whole byte are not always zero: OpenBSD's own vectors have some.
const ALPHABET: GeneralPurpose = GeneralPurpose::new(
    &alphabet::BCRYPT,
    GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true),
);

pub(super) struct Bcrypt {
    cost: u32,
    salt: [u8; 16],
}

impl Derivation for Bcrypt {
    fn derive(&self, password: &[u8], _: &mut Vec<Block>) -> Result<Output, HashError> {
        // With room for all of it, so that no copy is left behind by growing.
        let mut key = Zeroizing::new(Vec::with_capacity(MOST_BYTES));
        key.extend_from_slice(&password[..password.len().min(MOST_BYTES)]);
        if key.len() < MOST_BYTES {
            key.push(0);
        }
        // The last byte of the cipher's output was never kept.
        Ok(Zeroizing::new(::bcrypt::bcrypt(self.cost, self.salt, &key)[..23].to_vec()))
    }
}

pub(super) fn read(text: &str) -> Result<Stored, UnusableHash> {
    let (bcrypt, expected) = parse(text)?;
    Ok(Stored::foreign(bcrypt, expected))
}

/// The parts of a hash, for other formats that are made of one.
pub(super) fn parse(text: &str) -> Result<(Bcrypt, Vec<u8>), UnusableHash> {
    let parts: Vec<&str> = text.splitn(4, '$').collect();
    let ["", "2a" | "2b" | "2y", cost, tail] = parts[..] else { return Err(MALFORMED) };
    let cost = number(cost).filter(|_| cost.len() == 2).ok_or(MALFORMED)?;
    let (Some(salt), Some(hash)) = (tail.get(..22), tail.get(22..)) else { return Err(MALFORMED) };
    let salt = ALPHABET.decode(salt).ok().and_then(|salt| salt.try_into().ok()).ok_or(MALFORMED)?;
    let expected = ALPHABET.decode(hash).ok().filter(|hash| hash.len() == 23).ok_or(MALFORMED)?;
    match cost {
        LEAST_COST..=MOST_COST => Ok((Bcrypt { cost, salt }, expected)),
        15..=31 => Err(UnusableHash::TooDear("cost 14 (bcrypt)")),
        _ => Err(MALFORMED),
    }
}
