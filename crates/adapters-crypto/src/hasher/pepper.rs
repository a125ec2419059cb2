//! Peppers: keys beside the store, without which its password hashes are of no use to whoever steals them.

use std::{
    collections::HashSet,
    fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::STANDARD};
use thiserror::Error;
use vestibule_application::ports::UnusableHash;
use zeroize::Zeroizing;

#[cfg(test)]
mod tests;

/// Keys that passwords go through (HMAC-SHA-256) before they are hashed, newest first. New hashes are made with the
/// newest; those made with another, or with none, are still verified, and are outdated.
#[derive(Default)]
pub struct Peppers(Vec<Pepper>);

struct Pepper {
    id: String,
    key: hmac::Key,
}

/// Why a file of peppers is refused. Names lines, never what is in them.
#[derive(Debug, Error)]
pub enum PepperError {
    /// It cannot be read.
    #[error("cannot read the pepper file {}: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A line is wrong.
    #[error("line {line} of the pepper file {}: {wrong}", path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        wrong: PepperProblem,
    },
    /// It has no pepper.
    #[error("the pepper file {} has no pepper; add the line 1:KEY, KEY being what `openssl rand -base64 32` prints", .0.display())]
    Empty(PathBuf),
}

/// What is wrong with a line of peppers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PepperProblem {
    /// Its form.
    #[error("must be ID:KEY, with an id of 1 to 8 letters and digits and a key in base 64")]
    Form,
    /// The id stands twice.
    #[error("another line has the same id")]
    Twice,
    /// Under 32 bytes.
    #[error("the key has fewer than 32 bytes; make one with `openssl rand -base64 32`")]
    Short,
    /// Text, or few different bytes.
    #[error("the key is not random but text or a pattern; make one with `openssl rand -base64 32`")]
    Guessable,
}

impl Peppers {
    /// The peppers in this file: a line `ID:KEY` for each, newest first. Empty lines and those beginning with `#` do
    /// not count.
    pub fn load(path: &Path) -> Result<Self, PepperError> {
        let unreadable = |source| PepperError::Unreadable { path: path.to_owned(), source };
        let text = Zeroizing::new(fs::read_to_string(path).map_err(unreadable)?);
        let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
        if mode & 0o007 != 0 {
            tracing::warn!(path = %path.display(), "every user of this machine can reach the pepper file: chmod 600");
        }
        let peppers = Self::parse(&text);
        let peppers = peppers.map_err(|(line, wrong)| PepperError::Line { path: path.to_owned(), line, wrong })?;
        if peppers.0.is_empty() { Err(PepperError::Empty(path.to_owned())) } else { Ok(peppers) }
    }

    fn parse(text: &str) -> Result<Self, (usize, PepperProblem)> {
        let mut peppers: Vec<Pepper> = Vec::new();
        for (place, line) in text.lines().map(str::trim).enumerate() {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let pepper = Pepper::parse(line).map_err(|wrong| (place + 1, wrong))?;
            if peppers.iter().any(|other| other.id == pepper.id) {
                return Err((place + 1, PepperProblem::Twice));
            }
            peppers.push(pepper);
        }
        Ok(Self(peppers))
    }

    /// The id of the pepper for new hashes.
    pub(super) fn newest(&self) -> Option<&str> {
        self.0.first().map(|pepper| pepper.id.as_str())
    }

    /// What is hashed in place of a password. Without an id, the password itself.
    pub(super) fn applied(&self, id: Option<&str>, password: &str) -> Result<Zeroizing<Vec<u8>>, UnusableHash> {
        let Some(id) = id else { return Ok(Zeroizing::new(password.as_bytes().to_vec())) };
        let known = self.0.iter().find(|pepper| pepper.id == id);
        let key = &known.ok_or_else(|| UnusableHash::UnknownPepper(id.to_owned()))?.key;
        Ok(Zeroizing::new(hmac::sign(key, password.as_bytes()).as_ref().to_vec()))
    }
}

impl Pepper {
    fn parse(line: &str) -> Result<Self, PepperProblem> {
        /// Argon2's strings have room for this much (RFC 9106 has no limit, the reference implementation has).
        const MOST_ID: usize = 8;
        const LEAST_KEY: usize = 32;
        // 32 random bytes have as few once in a very long time: some 30 are usual.
        const LEAST_DIFFERENT: usize = 16;
        let (id, key) = line.split_once(':').ok_or(PepperProblem::Form)?;
        if !(1..=MOST_ID).contains(&id.len()) || !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(PepperProblem::Form);
        }
        let key = Zeroizing::new(STANDARD.decode(key.trim()).map_err(|_| PepperProblem::Form)?);
        if key.len() < LEAST_KEY {
            return Err(PepperProblem::Short);
        }
        let different = key.iter().collect::<HashSet<_>>().len();
        if different < LEAST_DIFFERENT || key.is_ascii() {
            return Err(PepperProblem::Guessable);
        }
        Ok(Self { id: id.to_owned(), key: hmac::Key::new(hmac::HMAC_SHA256, &key) })
    }
}
