//! `$firebase-scrypt$ln=14,r=8,s=SEPARATOR,k=KEY$salt$hash`: the scrypt of Firebase Authentication, all in base 64 as
//! its export has it. `ln` is its memory cost, `r` its rounds, `s` the salt separator and `k` the signer key of the
//! project.
//!
//! The signer key, encrypted by AES-256 in counter mode under what scrypt makes of the password, is the hash.

use aes::{
    Aes256,
    cipher::{BlockCipherEncrypt, KeyInit},
};
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

use super::{
    Block, Derivation, Output, Stored,
    phc::{Phc, bytes, number},
    scrypt::Scrypt,
};

const MALFORMED: UnusableHash = UnusableHash::Malformed("Firebase's scrypt");
/// What AES-256 takes of scrypt's output.
const KEY_BYTES: usize = 32;

struct Firebase {
    scrypt: Scrypt,
    signer_key: Zeroizing<Vec<u8>>,
}

impl Derivation for Firebase {
    fn derive(&self, password: &[u8], memory: &mut Vec<Block>) -> Result<Output, HashError> {
        let key = self.scrypt.derive(password, memory)?;
        let cipher = Aes256::new_from_slice(&key).map_err(|_| MALFORMED)?;
        let mut output = self.signer_key.clone();
        for (counter, chunk) in (0u128..).zip(output.chunks_mut(16)) {
            let mut stream = counter.to_be_bytes().into();
            cipher.encrypt_block(&mut stream);
            chunk.iter_mut().zip(stream).for_each(|(byte, mask)| *byte ^= mask);
        }
        Ok(output)
    }
}

pub(super) fn read(text: &str) -> Result<Stored, UnusableHash> {
    let phc = Phc::split(text).ok_or(MALFORMED)?;
    let [log_n, r, separator, key] = phc.values(["ln", "r", "s", "k"]).ok_or(MALFORMED)?;
    let (Some(log_n), Some(r)) = (log_n.and_then(number), r.and_then(number)) else { return Err(MALFORMED) };
    let (Some(separator), Some(key)) = (separator.and_then(bytes), key.and_then(bytes)) else { return Err(MALFORMED) };
    let (Some(mut salt), Some(hash)) = (bytes(phc.salt), bytes(phc.hash)) else { return Err(MALFORMED) };
    if hash.len() != key.len() || key.len() < KEY_BYTES {
        return Err(MALFORMED);
    }
    salt.extend(separator);
    let scrypt = Scrypt::new(log_n, r, 1, salt, KEY_BYTES)?;
    Ok(Stored::foreign(Firebase { scrypt, signer_key: Zeroizing::new(key) }, hash))
}
