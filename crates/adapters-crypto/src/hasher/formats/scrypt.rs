//! `$scrypt$ln=16,r=8,p=1$salt$hash`: [scrypt], with the logarithm of N to the base 2.
//!
//! [scrypt]: https://www.rfc-editor.org/rfc/rfc7914

use scrypt::Params;
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

use super::{
    Block, Derivation, Output, Stored,
    phc::{Phc, bytes, number},
};

const MALFORMED: UnusableHash = UnusableHash::Malformed("scrypt");

pub(super) struct Scrypt {
    params: Params,
    salt: Vec<u8>,
    length: usize,
}

impl Scrypt {
    /// scrypt, if it can be afforded. 128 N r bytes are filled for each of the p lanes, one after the other.
    pub(super) fn new(log_n: u32, r: u32, p: u32, salt: Vec<u8>, length: usize) -> Result<Self, UnusableHash> {
        const MOST_BYTES: u64 = 256 * 1024 * 1024;
        const MOST_LANES: u32 = 64;
        const TOO_DEAR: UnusableHash = UnusableHash::TooDear("64 lanes, and 256 MiB in all of them (scrypt)");
        if !(1..=64).contains(&length) || log_n == 0 || r == 0 || p == 0 {
            return Err(MALFORMED);
        }
        let filled = 1u64.checked_shl(log_n).and_then(|n| (128 * u64::from(r) * u64::from(p)).checked_mul(n));
        if log_n >= u64::BITS || p > MOST_LANES || filled.is_none_or(|filled| filled > MOST_BYTES) {
            return Err(TOO_DEAR);
        }
        let log_n = u8::try_from(log_n).map_err(|_| MALFORMED)?;
        let params = Params::new(log_n, r, p).map_err(|_| MALFORMED)?;
        Ok(Self { params, salt, length })
    }
}

impl Derivation for Scrypt {
    fn derive(&self, password: &[u8], _: &mut Vec<Block>) -> Result<Output, HashError> {
        let mut output = Zeroizing::new(vec![0; self.length]);
        ::scrypt::scrypt(password, &self.salt, &self.params, &mut output).map_err(|_| MALFORMED)?;
        Ok(output)
    }
}

pub(super) fn read(text: &str) -> Result<Stored, UnusableHash> {
    let phc = Phc::split(text).ok_or(MALFORMED)?;
    let numbers = phc.values(["ln", "r", "p"]).ok_or(MALFORMED)?.map(|value| value.and_then(number));
    let [Some(log_n), Some(r), Some(p)] = numbers else { return Err(MALFORMED) };
    let (Some(salt), Some(hash)) = (bytes(phc.salt), bytes(phc.hash)) else { return Err(MALFORMED) };
    Ok(Stored::foreign(Scrypt::new(log_n, r, p, salt, hash.len())?, hash))
}
