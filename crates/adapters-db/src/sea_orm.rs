//! Every storage port on an SQL database, through SeaORM.
//!
//! Each table has a file under `entities` that maps its rows, and each group of ports a file with its reads and its
//! writes. [`unit_of_work`] sends each change where it belongs.

mod archive;
mod budgets;
mod clients;
mod connect;
pub(crate) mod entities;
mod error;
mod forms;
mod housekeeping;
mod installation;
mod leases;
mod login_tokens;
pub(crate) mod mapping;
mod messages;
#[cfg(feature = "mysql")]
mod mysql;
mod nodes;
pub(crate) mod pools;
#[cfg(feature = "postgres")]
mod postgres;
mod reader;
mod roles;
mod sessions;
#[cfg(feature = "sqlite")]
mod sqlite;
mod unit_of_work;
mod users;
#[cfg(feature = "sqlite")]
mod writer;

use std::{num::NonZero, sync::Arc, thread};

use sea_orm::{DatabaseConnection, DbBackend};
use vestibule_application::ports::{KeyKind, StoredUser};
use vestibule_domain::{
    message::MessageId,
    rights::{Role, RoleName},
    secret::Digest,
    session::Session,
    user::{LoginKey, User, UserId},
};

pub use budgets::SeaOrmBudgets;
pub use connect::{ConnectError, ConnectOptions};
pub use pools::PoolUse;
use reader::Reader;
#[cfg(feature = "unguarded")]
pub use unit_of_work::Unguarded;
use unit_of_work::Writes;

/// Keeps everything in an SQL database. Cheap to clone: clones share their connections.
#[derive(Clone)]
pub struct SeaOrmStore {
    /// Where reads go.
    reads: DatabaseConnection,
    /// What requests read all the time.
    shared: Arc<SharedReads>,
    /// Where transactions go.
    writes: Writes,
}

impl SeaOrmStore {
    fn new(reads: DatabaseConnection, writes: Writes, options: ConnectOptions) -> Self {
        Self { shared: Arc::new(SharedReads::new(&reads, options)), reads, writes }
    }
}

/// The most statements of a kind at a time: one that takes long does not keep all others waiting, and more of them would
/// be for fewer requests each.
const STATEMENTS: usize = 2;

/// Reads that share statements.
struct SharedReads {
    sessions: Reader<Digest, Session>,
    profiles: Reader<UserId, Arc<User>>,
    owners: Reader<(LoginKey, KeyKind), StoredUser>,
    roles: Reader<RoleName, Role>,
    latest_message: Reader<(), MessageId>,
    least_heard: Reader<(), MessageId>,
}

impl SharedReads {
    fn new(db: &DatabaseConnection, options: ConnectOptions) -> Self {
        let mut statements = STATEMENTS;
        if db.get_database_backend() == DbBackend::Sqlite {
            // Here they are made by threads of this process: on one processor, one only gets in another's way.
            statements = statements.min(thread::available_parallelism().map_or(1, NonZero::get));
        }
        let how = (statements.min(usize::try_from(options.readers).unwrap_or(usize::MAX)), options.patience);
        Self {
            sessions: Reader::on(db, how, sessions::of),
            profiles: Reader::on(db, how, users::profiles),
            owners: Reader::on(db, how, users::owners),
            roles: Reader::on(db, how, roles::of),
            latest_message: Reader::on(db, how, messages::latest),
            least_heard: Reader::on(db, how, leases::least_heard),
        }
    }
}
