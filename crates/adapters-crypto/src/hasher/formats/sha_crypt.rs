//! `$6$rounds=5000$salt$hash` and `$5$...`: Drepper's [SHA-crypt], the passwords of most Unix systems.
//!
//! [SHA-crypt]: https://www.akkadia.org/drepper/SHA-crypt.txt

use sha_crypt::{Params, sha256_crypt, sha512_crypt};
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

use super::{Block, Derivation, Output, Stored, crypt64::bytes, phc::number};

const MALFORMED: UnusableHash = UnusableHash::Malformed("SHA-crypt");

struct ShaCrypt {
    /// SHA-512, else SHA-256.
    wide: bool,
    params: Params,
    salt: Vec<u8>,
}

impl Derivation for ShaCrypt {
    fn derive(&self, password: &[u8], _: &mut Vec<Block>) -> Result<Output, HashError> {
        let output = if self.wide {
            sha512_crypt(password, &self.salt, self.params).to_vec()
        } else {
            sha256_crypt(password, &self.salt, self.params).to_vec()
        };
        Ok(Zeroizing::new(output))
    }
}

pub(super) fn read(text: &str) -> Result<Stored, UnusableHash> {
    const DEFAULT_ROUNDS: u32 = 5000;
    const MOST_ROUNDS: u32 = 1_000_000;
    const MOST_SALT: usize = 16;
    let wide = text.starts_with("$6$");
    let rest = text.get(3..).ok_or(MALFORMED)?;
    let (rounds, rest) = match rest.strip_prefix("rounds=") {
        Some(rest) => {
            let (rounds, rest) = rest.split_once('$').ok_or(MALFORMED)?;
            (number(rounds).ok_or(MALFORMED)?, rest)
        }
        None => (DEFAULT_ROUNDS, rest),
    };
    let (salt, hash) = rest.split_once('$').ok_or(MALFORMED)?;
    let mixed = bytes(hash).ok_or(MALFORMED)?;
    if salt.len() > MOST_SALT || mixed.len() != if wide { 64 } else { 32 } {
        return Err(MALFORMED);
    }
    if rounds > MOST_ROUNDS {
        return Err(UnusableHash::TooDear("1000000 rounds (SHA-crypt)"));
    }
    // No implementation writes fewer than 1000: it would have used 1000, and written that.
    let params = Params::new(rounds).map_err(|_| MALFORMED)?;
    let expected = unmixed(&mixed);
    Ok(Stored::foreign(ShaCrypt { wide, params, salt: salt.as_bytes().to_vec() }, expected))
}

/// The bytes in the digest's own order. Each three that were written came from its three thirds, which took turns at
/// being the first.
fn unmixed(mixed: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0; mixed.len()];
    let third = mixed.len() / 3;
    for (group, three) in mixed.chunks(3).take(third).enumerate() {
        for (place, byte) in three.iter().enumerate() {
            // Written from the last of the three to the first.
            let turn = if mixed.len() == 64 { 2 - place + group } else { 2 - place + 2 * group };
            bytes[group + third * (turn % 3)] = *byte;
        }
    }
    // What three does not divide comes last, as it is.
    bytes[3 * third..].copy_from_slice(&mixed[3 * third..]);
    bytes
}
