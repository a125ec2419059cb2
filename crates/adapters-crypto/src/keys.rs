//! The one key that an installation keeps, and the keys derived from it.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::{Path, PathBuf},
};

use thiserror::Error;
use zeroize::Zeroizing;

use crate::random::random;

#[cfg(test)]
mod tests;

/// 32 secret bytes from which every other key is derived. Whoever has them can forge sessions; whoever loses them ends
/// every anonymous session and every signed token. Has no `Debug`, and is wiped when dropped.
#[derive(Clone)]
pub struct MasterKey(Zeroizing<[u8; 32]>);

/// What a derived key is for. Each has a context of its own, so that no two keys are related.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Sealing,
    SessionIds,
    Signing,
    GuardTags,
}

impl Purpose {
    const fn context(self) -> &'static str {
        match self {
            Self::Sealing => "vestibule 2026-11 anonymous session sealing v1",
            Self::SessionIds => "vestibule 2026-11 sealed session identifiers v1",
            Self::Signing => "vestibule 2026-11 token signing seed v1",
            Self::GuardTags => "vestibule 2026-11 browser guard tags v1",
        }
    }
}

/// Why there is no master key. Names the file and what to do, never what is in it.
#[derive(Debug, Error)]
pub enum KeyError {
    /// It cannot be read.
    #[error("cannot read the key file {}: {source}; make it readable for this user, or name another", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It does not exist and cannot be created.
    #[error("cannot create the key file {}: {source}; create its directory and make it writable for this user", path.display())]
    Uncreatable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else than a key.
    #[error(
        "the key file {} must hold exactly 64 hexadecimal digits; restore it from a backup, or move it away to have \
         a new key made (which ends all anonymous sessions and signed tokens)", .0.display()
    )]
    Malformed(PathBuf),
    /// It holds one byte repeated: a placeholder, not a key.
    #[error(
        "the key in {} is the same byte repeated, so anybody could guess it; move the file away to have a random key \
         made", .0.display()
    )]
    Weak(PathBuf),
}

impl MasterKey {
    /// The key in this file: 64 hexadecimal digits, white space around them ignored. A file that does not exist is
    /// created with a random key, readable by its owner only; of several processes that do so at once, all end up
    /// with the same key.
    pub fn load_or_create(path: &Path) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Unreadable { source, .. }) if source.kind() == io::ErrorKind::NotFound => {
                create(path).map_err(|source| KeyError::Uncreatable { path: path.to_owned(), source })?;
                Self::load(path)
            }
            loaded => loaded,
        }
    }

    /// A random key that is kept nowhere.
    pub fn random() -> Self {
        Self(Zeroizing::new(random()))
    }

    /// The key of these bytes.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub(crate) fn derive(&self, purpose: Purpose) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(blake3::derive_key(purpose.context(), self.0.as_slice()))
    }

    fn load(path: &Path) -> Result<Self, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: path.to_owned(), source };
        let bytes = Zeroizing::new(fs::read(path).map_err(unreadable)?);
        let mode = fs::metadata(path).map_err(unreadable)?.permissions().mode();
        if mode & 0o007 != 0 {
            tracing::warn!(path = %path.display(), "every user of this machine can reach the key file: chmod 600");
        }
        let key = std::str::from_utf8(&bytes).ok().and_then(|text| from_hex(text.trim()));
        let key = key.ok_or_else(|| KeyError::Malformed(path.to_owned()))?;
        if key.iter().all(|byte| *byte == key[0]) {
            return Err(KeyError::Weak(path.to_owned()));
        }
        Ok(Self(key))
    }
}

/// Writes a random key beside `path` and links it there: the file appears complete or not at all, and an existing one
/// is never replaced.
fn create(path: &Path) -> io::Result<()> {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let draft = directory.join(format!(".key-{:032x}", u128::from_ne_bytes(random())));
    let written = write_draft(&draft).and_then(|()| match fs::hard_link(&draft, path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // A draft that could not be created need not be removed, and the first failure is the one to tell.
    let removed = fs::remove_file(&draft);
    written?;
    removed?;
    File::open(directory)?.sync_all()
}

fn write_draft(draft: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(to_hex(&Zeroizing::new(random::<32>())).as_bytes())?;
    file.sync_all()
}

fn to_hex(key: &[u8; 32]) -> Zeroizing<String> {
    // Room for all of it, so that no copy is left behind by growing.
    let mut text = Zeroizing::new(String::with_capacity(65));
    for nibble in key.iter().flat_map(|byte| [byte >> 4, byte & 0xf]) {
        text.extend(char::from_digit(u32::from(nibble), 16));
    }
    text.push('\n');
    text
}

fn from_hex(text: &str) -> Option<Zeroizing<[u8; 32]>> {
    let mut key = Zeroizing::new([0; 32]);
    if text.len() != 64 {
        return None;
    }
    for (place, digit) in text.chars().enumerate() {
        key[place / 2] = key[place / 2] << 4 | u8::try_from(digit.to_digit(16)?).ok()?;
    }
    Some(key)
}
