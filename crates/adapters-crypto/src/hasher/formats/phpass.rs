//! `$P$B` with 8 characters of salt and 22 of hash: phpass's portable hashes, of older `WordPress` and Drupal; phpBB
//! writes `$H$`. The character after the prefix is the logarithm of the number of rounds to the base 2.

use md5::{Digest, Md5};
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

use super::{
    Block, Derivation, Output, Stored,
    crypt64::{bytes, digit},
};

const MALFORMED: UnusableHash = UnusableHash::Malformed("phpass");

struct Phpass {
    rounds: u32,
    salt: [u8; 8],
}

impl Derivation for Phpass {
    fn derive(&self, password: &[u8], _: &mut Vec<Block>) -> Result<Output, HashError> {
        let mut hash = Md5::new().chain_update(self.salt).chain_update(password).finalize();
        for _ in 0..self.rounds {
            hash = Md5::new().chain_update(hash).chain_update(password).finalize();
        }
        Ok(Zeroizing::new(hash.to_vec()))
    }
}

pub(super) fn read(text: &str) -> Result<Stored, UnusableHash> {
    const LEAST: u32 = 7;
    const MOST: u32 = 16;
    let (Some(log), Some(salt), Some(hash)) = (text.as_bytes().get(3), text.get(4..12), text.get(12..)) else {
        return Err(MALFORMED);
    };
    let log = digit(*log).ok_or(MALFORMED)?;
    let salt = salt.as_bytes().try_into().map_err(|_| MALFORMED)?;
    let expected = bytes(hash).filter(|hash| hash.len() == 16).ok_or(MALFORMED)?;
    match log {
        LEAST..=MOST => Ok(Stored::foreign(Phpass { rounds: 1 << log, salt }, expected)),
        17..=30 => Err(UnusableHash::TooDear("65536 rounds (phpass)")),
        _ => Err(MALFORMED),
    }
}
