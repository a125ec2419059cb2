//! The file that keys are kept in. It is there complete or not at all, whatever happens while it is written.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::{MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    time::Duration,
};

use thiserror::Error;
use vestibule_application::ports::SigningFailed;
use vestibule_domain::time::Timestamp;
use zeroize::Zeroizing;

use super::{
    Keys,
    text::{self, Flaw},
};
use crate::random::random;

/// Bits of a file's mode that let others read or change it. Its group may read: that is how secrets are mounted.
const EXPOSED: u32 = 0o027;

/// A key file, there or not.
#[derive(Clone, Debug)]
pub struct KeyFile(PathBuf);

/// Which content a file had: another one when it was replaced or written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp(u64, u64, i64, i64);

/// Why there are no keys, or why they were not changed. Names the file and what to do, never what is in it.
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
    /// It cannot be created or replaced.
    #[error("cannot write the key file {}: {source}; its directory must be there and writable for this user", path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else than keys.
    #[error(
        "the key file {} {flaw}; restore it from a backup, or move it away and run `vestibule keys create` (which ends \
         all anonymous sessions and signed tokens)", path.display()
    )]
    Malformed {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        flaw: String,
    },
    /// It holds an example, a placeholder or a phrase.
    #[error(
        "the key in {} is an example or a phrase, so anybody could guess it; move the file away and run `vestibule keys \
         create`, which makes a random one", .0.display()
    )]
    Guessable(PathBuf),
    /// Others than its owner can read or change it.
    #[error(
        "the key file {} has mode {mode:03o}, so others can read or change it: run `chmod 600` on it, and if strangers \
         use this machine, `vestibule keys rotate` and `vestibule keys revoke` the old key", path.display()
    )]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permissions.
        mode: u32,
    },
    /// It belongs to another user, who could not read what this one would put in its place.
    #[error("the key file {} belongs to another user: run this command as that user", .0.display())]
    Foreign(PathBuf),
    /// There is one already.
    #[error("the key file {} is there already: `vestibule keys rotate` adds a key to it", .0.display())]
    Present(PathBuf),
    /// No key has this id.
    #[error("there is no key {0}: `vestibule keys list` names them")]
    Unknown(String),
    /// It is the only key that is still good.
    #[error("that is the only key there is: run `vestibule keys rotate --activate-after 0s` first")]
    Last,
    /// It cannot sign.
    #[error(transparent)]
    Unusable(#[from] SigningFailed),
}

impl KeyFile {
    /// The file with this path.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self(path.into())
    }

    /// Its path.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Which content it has now; nothing while it cannot be asked.
    pub fn stamp(&self) -> Option<Stamp> {
        let known = fs::metadata(&self.0).ok()?;
        Some(Stamp(known.ino(), known.size(), known.mtime(), known.mtime_nsec()))
    }

    /// Its keys.
    pub fn load(&self) -> Result<Keys, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: self.0.clone(), source };
        let mut file = File::open(&self.0).map_err(unreadable)?;
        let known = file.metadata().map_err(unreadable)?;
        if known.mode() & EXPOSED != 0 {
            return Err(KeyError::Exposed { path: self.0.clone(), mode: known.mode() & 0o777 });
        }
        // Room for all of it, so that no copy is left behind by growing.
        let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(known.size()).unwrap_or(0) + 1));
        file.read_to_end(&mut bytes).map_err(unreadable)?;
        let read = std::str::from_utf8(&bytes).map_err(|_| Flaw::NotKeys).and_then(text::read);
        read.map_err(|flaw| self.malformed(flaw))
    }

    /// Its keys; a file that does not exist is created first, readable by its owner only. Of several processes that do
    /// so at once, all end up with the same keys.
    pub fn load_or_create(&self, now: Timestamp) -> Result<Keys, KeyError> {
        match self.create(now) {
            Ok(()) | Err(KeyError::Present(_)) => self.load(),
            Err(error) => Err(error),
        }
    }

    /// Creates it with a random key. An existing one is never replaced.
    pub fn create(&self, now: Timestamp) -> Result<(), KeyError> {
        if self.0.exists() {
            return Err(KeyError::Present(self.0.clone()));
        }
        let keys = Keys::random(now)?;
        let draft = directory(&self.0).join(format!(".key-{:032x}", u128::from_ne_bytes(random())));
        let linked = write_draft(&draft, &keys).and_then(|_| fs::hard_link(&draft, &self.0));
        // A draft that could not be created need not be removed, and the first failure is the one to tell.
        let _ = fs::remove_file(&draft);
        match linked.and_then(|()| File::open(directory(&self.0))?.sync_all()) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Err(KeyError::Present(self.0.clone())),
            created => created.map_err(|source| self.unwritable(source)),
        }
    }

    /// Adds a key that verifies at once and signs after `activate_after`; what older ones signed and sealed is accepted
    /// for `overlap` from then on. Gives the new key's id.
    pub fn rotate(&self, now: Timestamp, activate_after: Duration, overlap: Duration) -> Result<String, KeyError> {
        self.change(|keys| Ok(keys.rotate(now, activate_after, overlap)?))
    }

    /// Takes a key away: what it signed or sealed is refused by whoever reads the file from now on.
    pub fn revoke(&self, id: &str, now: Timestamp) -> Result<(), KeyError> {
        self.change(|keys| keys.revoke(id, now))
    }

    /// Takes away the keys that are over, and gives their ids.
    pub fn prune(&self, now: Timestamp) -> Result<Vec<String>, KeyError> {
        let mut keys = self.load()?;
        if keys.prune(now).is_empty() { Ok(Vec::new()) } else { self.change(|keys| Ok(keys.prune(now))) }
    }

    fn change<T>(&self, change: impl FnOnce(&mut Keys) -> Result<T, KeyError>) -> Result<T, KeyError> {
        let unreadable = |source| KeyError::Unreadable { path: self.0.clone(), source };
        // A mounted secret is often a link; what it points to is replaced, not the link.
        let path = self.0.canonicalize().map_err(unreadable)?;
        let unwritable = |source| self.unwritable(source);
        let directory = File::open(directory(&path)).map_err(unwritable)?;
        // Until the end of this function, or of this process: two changes at once would lose one.
        directory.lock().map_err(unwritable)?;
        let known = fs::metadata(&path).map_err(unreadable)?;
        if known.mode() & 0o077 != 0 {
            return Err(KeyError::Exposed { path, mode: known.mode() & 0o777 });
        }
        let mut keys = self.load()?;
        let changed = change(&mut keys)?;
        let draft = path.with_added_extension("draft");
        // Whoever wrote this one did not live to finish it: it was not theirs to use, and nobody else has the lock.
        match fs::remove_file(&draft) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unwritable(error)),
            _ => {}
        }
        let owner = write_draft(&draft, &keys).map_err(unwritable)?;
        if owner != known.uid() {
            let _ = fs::remove_file(&draft);
            return Err(KeyError::Foreign(path));
        }
        fs::rename(&draft, &path).map_err(unwritable)?;
        directory.sync_all().map_err(unwritable)?;
        Ok(changed)
    }

    fn unwritable(&self, source: io::Error) -> KeyError {
        KeyError::Unwritable { path: self.0.clone(), source }
    }

    fn malformed(&self, flaw: Flaw) -> KeyError {
        let malformed = |flaw: &str| KeyError::Malformed { path: self.0.clone(), flaw: flaw.to_owned() };
        match flaw {
            Flaw::Guessable => KeyError::Guessable(self.0.clone()),
            Flaw::Empty => malformed("is empty"),
            Flaw::NotKeys => malformed("holds neither keys nor exactly 64 hexadecimal digits"),
            Flaw::Line(line) => malformed(&format!("was changed in line {line}")),
            Flaw::Order => malformed("lacks its stable part or a newest key without an end"),
        }
    }
}

fn directory(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Gives the user that owns it: this one.
fn write_draft(draft: &Path, keys: &Keys) -> io::Result<u32> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    file.write_all(text::write(keys).as_bytes())?;
    file.sync_all()?;
    Ok(file.metadata()?.uid())
}
