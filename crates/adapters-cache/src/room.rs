//! Who else has a store's file open: the processes on one machine agree by two locks, which end with them.
//!
//! Everybody holds `door` and `room` shared for as long as they have the file open, but for one who may be alone: they
//! hold `room` for themselves and leave the door free. Whoever comes takes the door, which the one who is alone looks at
//! again and again, and waits for the room. So nobody is in while somebody takes themselves to be alone.

#[cfg(test)]
mod tests;

use std::{
    fs::{File, OpenOptions, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

/// A process that has the file open.
pub struct Guest {
    door: File,
    room: File,
}

/// A process that has the file open, and that nobody else can be with.
pub struct Alone {
    door: File,
    room: File,
}

/// What became of an attempt.
pub enum Attempt {
    /// Nobody else is there.
    Alone(Alone),
    /// Somebody is.
    Guest(Guest),
}

/// How long whoever is alone may take to let somebody in. They look at the door every few milliseconds.
const PATIENCE: Duration = Duration::from_secs(10);

/// Comes in to a file, and waits until whoever was alone with it knows. Blocks the thread.
pub fn enter(file: &Path) -> io::Result<Guest> {
    enter_within(file, PATIENCE)
}

fn enter_within(file: &Path, patience: Duration) -> io::Result<Guest> {
    let guest = Guest { door: lock_file(file, "door")?, room: lock_file(file, "room")? };
    guest.door.lock_shared()?;
    let begun = Instant::now();
    loop {
        match guest.room.try_lock_shared() {
            Ok(()) => return Ok(guest),
            Err(TryLockError::WouldBlock) if begun.elapsed() < patience => thread::sleep(Duration::from_millis(1)),
            Err(TryLockError::WouldBlock) => {
                let why = "a service that has it open does not let others in: it hangs or was stopped; end it or let it go on";
                return Err(io::Error::new(io::ErrorKind::TimedOut, why));
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
    }
}

impl Guest {
    /// Tries to be alone.
    pub fn try_to_be_alone(self) -> io::Result<Attempt> {
        // Nobody else can be alone meanwhile: the room is still held.
        self.door.unlock()?;
        if !try_lock(&self.door)? {
            self.door.lock_shared()?;
            return Ok(Attempt::Guest(self));
        }
        // Nobody comes in now. Who is in may have given up the door just as this did, and wait for it: whoever holds it must
        // not wait for them.
        self.room.unlock()?;
        let is_alone = try_lock(&self.room)?;
        if !is_alone {
            self.room.lock_shared()?;
        }
        self.door.unlock()?;
        if is_alone {
            return Ok(Attempt::Alone(Alone { door: self.door, room: self.room }));
        }
        self.door.lock_shared()?;
        Ok(Attempt::Guest(self))
    }
}

impl Alone {
    /// Whether somebody is at the door. They wait until they are [let in](Self::let_in).
    pub fn is_somebody_at_the_door(&self) -> io::Result<bool> {
        let nobody = try_lock(&self.door)?;
        if nobody {
            self.door.unlock()?;
        }
        Ok(!nobody)
    }

    /// Is alone no more. Whatever stands on that must have ended.
    pub fn let_in(self) -> io::Result<Guest> {
        self.door.lock_shared()?;
        // Nobody else can be alone meanwhile: the door is held.
        self.room.unlock()?;
        self.room.lock_shared()?;
        Ok(Guest { door: self.door, room: self.room })
    }
}

fn try_lock(file: &File) -> io::Result<bool> {
    match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

/// A file of its own for each lock, because a store may lock its own file.
fn lock_file(file: &Path, lock: &str) -> io::Result<File> {
    let mut name = file.as_os_str().to_owned();
    name.push(format!("-{lock}"));
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let lock = options.create(true).append(true).open(PathBuf::from(name))?;
    // A command that is run as root makes it for the service, as SQLite does with its own files.
    #[cfg(unix)]
    if let Ok(store) = file.metadata() {
        use std::os::unix::fs::{MetadataExt, fchown};
        if lock.metadata()?.uid() != store.uid() {
            // Whoever may not is not root, and has opened a file that is there already.
            let _ = fchown(&lock, Some(store.uid()), Some(store.gid()));
        }
    }
    Ok(lock)
}
