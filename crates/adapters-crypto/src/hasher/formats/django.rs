//! `algorithm$...` as Django writes it: its own PBKDF2 and scrypt, and bcrypt and Argon2 behind its prefix.

use std::fmt::Write;

use aws_lc_rs::digest::{SHA256, digest};
use vestibule_application::ports::{HashError, UnusableHash};
use zeroize::Zeroizing;

use super::{
    Block, Derivation, Output, Stored, argon2,
    bcrypt::{self, Bcrypt},
    pbkdf2::{Digest, Pbkdf2},
    phc::{bytes, number},
    scrypt::Scrypt,
};
use crate::hasher::Argon2Cost;

const MALFORMED: UnusableHash = UnusableHash::Malformed("Django's");

pub(super) fn read(text: &str, standard: Argon2Cost) -> Result<Stored, UnusableHash> {
    let (algorithm, rest) = text.split_once('$').ok_or(UnusableHash::UnknownFormat)?;
    match algorithm {
        "pbkdf2_sha256" => pbkdf2(Digest::Sha256, rest),
        "pbkdf2_sha1" => pbkdf2(Digest::Sha1, rest),
        "scrypt" => scrypt(rest),
        "bcrypt" => bcrypt::read(rest),
        "bcrypt_sha256" => {
            let (bcrypt, expected) = bcrypt::parse(rest)?;
            Ok(Stored::foreign(BcryptOfSha256(bcrypt), expected))
        }
        "argon2" => argon2::read(&format!("${rest}"), standard),
        _ => Err(UnusableHash::UnknownFormat),
    }
}

/// `iterations$salt$hash`; the salt is text.
fn pbkdf2(digest: Digest, rest: &str) -> Result<Stored, UnusableHash> {
    let parts: Vec<&str> = rest.split('$').collect();
    let [iterations, salt, hash] = parts[..] else { return Err(MALFORMED) };
    let (Some(iterations), Some(hash)) = (number(iterations), bytes(hash)) else { return Err(MALFORMED) };
    Ok(Stored::foreign(Pbkdf2::new(digest, iterations, salt.into(), hash.len())?, hash))
}

/// `N$salt$r$p$hash`; the salt is text, and N a power of two.
fn scrypt(rest: &str) -> Result<Stored, UnusableHash> {
    let parts: Vec<&str> = rest.split('$').collect();
    let [n, salt, r, p, hash] = parts[..] else { return Err(MALFORMED) };
    let (Some(n), Some(r), Some(p), Some(hash)) = (number(n), number(r), number(p), bytes(hash)) else {
        return Err(MALFORMED);
    };
    if !n.is_power_of_two() {
        return Err(MALFORMED);
    }
    Ok(Stored::foreign(Scrypt::new(n.ilog2(), r, p, salt.into(), hash.len())?, hash))
}

/// bcrypt of the password's SHA-256 in hexadecimal digits, so that all of a long password counts.
struct BcryptOfSha256(Bcrypt);

impl Derivation for BcryptOfSha256 {
    fn derive(&self, password: &[u8], memory: &mut Vec<Block>) -> Result<Output, HashError> {
        let mut hex = Zeroizing::new(String::with_capacity(64));
        for byte in digest(&SHA256, password).as_ref() {
            // Writing to a string cannot fail.
            let _ = write!(hex, "{byte:02x}");
        }
        self.0.derive(hex.as_bytes(), memory)
    }
}
