//! Opening the file, and what is in it from then on.

use std::{error::Error as StdError, fs, io, path::Path};

use redb::{Builder, Database, DatabaseError, TableDefinition, TableHandle, WriteTransaction};
use thiserror::Error;
use vestibule_application::ports::{StoreError, StoredNode, StoredUser};
use vestibule_domain::{client::Client, form, login_token::LoginToken, message::Message, rights, session::Session};

use crate::{
    clients, installation, login_tokens, nodes,
    rows::{self, Kept, WithDigest},
    sessions,
    tables::{self, Reads},
    users,
};

/// Which tables there are and what they mean. A program that finds a higher version than its own keeps off.
const SCHEMA: u64 = 1;
/// Where the file says its version.
const VERSION: TableDefinition<(), u64> = TableDefinition::new("schema");
/// Memory for pages that were read or are to be written. redb would take a gigabyte.
const CACHE_BYTES: usize = 64 << 20;

/// Why a file cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The file or its directory cannot be made or accessed.
    #[error("cannot create {place}")]
    File {
        /// The file.
        place: String,
        /// What was in the way.
        source: io::Error,
    },
    /// Another process has it open, or this one has already.
    #[error(
        "{place} is in use, and a redb file serves one process at a time: stop the service first, or keep the store in \
         SQLite or PostgreSQL, where commands work while the service runs"
    )]
    InUse {
        /// The file.
        place: String,
    },
    /// A newer version of this program wrote it.
    #[error("{place} has schema version {found}, and this program knows versions up to {SCHEMA}: use a newer one")]
    Newer {
        /// The file.
        place: String,
        /// The version that it has.
        found: u64,
    },
    /// It holds something, but none of this.
    #[error("{place} holds something else than this store: name another file")]
    Foreign {
        /// The file.
        place: String,
    },
    /// redb cannot read or write it.
    #[error("cannot open the store at {place}")]
    Database {
        /// The file.
        place: String,
        /// What redb says.
        source: Box<dyn StdError + Send + Sync>,
    },
}

/// Opens the file, and fills it if it is new.
pub(crate) fn open(path: &Path) -> Result<Database, OpenError> {
    let place = path.display().to_string();
    create(path).map_err(|source| OpenError::File { place: place.clone(), source })?;
    let opened = Builder::new().set_cache_size(CACHE_BYTES).create(path);
    if let Err(DatabaseError::DatabaseAlreadyOpen) = opened {
        return Err(OpenError::InUse { place });
    }
    let database = opened.map_err(|source| OpenError::Database { place: place.clone(), source: Box::new(source) })?;
    let found = found(&database).map_err(|source| OpenError::Database { place: place.clone(), source })?;
    match found {
        Found::Store(version) if version > SCHEMA => Err(OpenError::Newer { place, found: version }),
        Found::Store(_) | Found::Nothing => Ok(database),
        Found::SomethingElse => Err(OpenError::Foreign { place }),
    }
}

/// Makes the file and its directory, readable for their owner only.
fn create(path: &Path) -> io::Result<()> {
    let (mut directory, mut file) = (fs::DirBuilder::new(), fs::OpenOptions::new());
    #[cfg(unix)]
    {
        use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
        directory.mode(0o700);
        file.mode(0o600);
    }
    if let Some(parent) = path.parent() {
        directory.recursive(true).create(parent)?;
    }
    file.create(true).append(true).open(path).map(drop)
}

/// What was in the file.
pub(crate) enum Found {
    Nothing,
    Store(u64),
    SomethingElse,
}

/// Looks what is in the file, and fills it if that is nothing.
pub(crate) fn found(database: &Database) -> Result<Found, Box<dyn StdError + Send + Sync>> {
    let tx = database.begin_write()?;
    if tx.list_tables()?.next().is_none() {
        fill(&tx)?;
        tx.commit()?;
        return Ok(Found::Nothing);
    }
    let is_ours = tx.list_tables()?.any(|table| table.name() == VERSION.name());
    let version = if is_ours { tables::get(&tx, VERSION, (), |version| version)? } else { None };
    tx.abort()?;
    Ok(version.map_or(Found::SomethingElse, Found::Store))
}

/// Makes all tables, because a reader cannot open one that is missing, and puts in what every store has.
fn fill(tx: &WriteTransaction) -> Result<(), StoreError> {
    tables::put(tx, VERSION, (), SCHEMA)?;
    installation::make(tx)?;
    tx.table(WithDigest::<Session>::TABLE)?;
    sessions::make_indexes(tx)?;
    tx.table(StoredUser::TABLE)?;
    users::make_indexes(tx)?;
    tx.table(StoredNode::TABLE)?;
    nodes::make_indexes(tx)?;
    tx.table(WithDigest::<Client>::TABLE)?;
    clients::make_indexes(tx)?;
    tx.table(LoginToken::TABLE)?;
    login_tokens::make_indexes(tx)?;
    tx.table(Message::TABLE)?;
    rights::shipped_roles().iter().try_for_each(|role| rows::put(tx, role))?;
    form::shipped_forms().iter().try_for_each(|form| rows::put(tx, form))
}
