//! What is particular about a store that is one file for one process.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crash;
mod files;
mod rows;

use std::{path::PathBuf, time::Duration};

use redb::{Database, TableDefinition};
use tempfile::TempDir;
use uuid::Uuid;
use vestibule_adapters_redb::{OpenError, RedbStore};
use vestibule_application::{
    change::Change,
    ports::{
        ClientStore, CommitError, FormStore, Health, Housekeeping, Installation, LoginTokenStore, MessageLog,
        NodeStore, RoleStore, SessionFilter, SessionStore, SetupState, StoreError, UnitOfWork, UserStore,
    },
};
use vestibule_domain::{
    client::{Client, ClientId, ClientName},
    form::shipped_forms,
    login_token::LoginToken,
    message::{Agent, Event, EventKind},
    node::{Node, NodeId, NodeName, NodeSecrets},
    rights::{RoleName, shipped_roles},
    secret::{Digest, PasswordHash},
    session::{DeviceName, EndReason, Ending, Origin, Session, SessionId},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

/// A place for a store.
struct Place {
    directory: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { directory: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.directory.path().join("data/vestibule.redb")
    }

    async fn open(&self) -> RedbStore {
        RedbStore::open(self.path()).await.unwrap()
    }

    /// A store with one of everything, closed.
    async fn filled() -> Self {
        let place = Self::new();
        place.open().await.commit(everything()).await.unwrap();
        place
    }

    /// The file as another program sees it while the store is closed.
    fn foreign(&self) -> Database {
        Database::create(self.path()).unwrap()
    }
}

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DIGEST: Digest = Digest::new([1; 32]);

fn id(number: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(number))
}

fn user_id() -> UserId {
    UserId::from_uuid(Uuid::from_u128(1))
}

fn begin(number: u128) -> Change {
    let session =
        Session::begin(id(number), Origin::new("test"), DeviceName::default(), NOW, NOW.plus(Duration::from_hours(1)));
    Change::BeginSession { session, digest: digest_of(number) }
}

fn digest_of(number: u128) -> Digest {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&number.to_be_bytes());
    Digest::new(digest)
}

fn end(number: u128) -> Change {
    Change::EndSession { id: id(number), ending: Ending { at: NOW, reason: EndReason::SignedOut } }
}

fn record() -> Change {
    let kind = EventKind::UserAdded;
    Change::Record(Event {
        kind,
        at: NOW,
        session: None,
        subject: None,
        origin: None,
        address: None,
        by: Agent::default(),
    })
}

fn everything() -> Vec<Change> {
    let user = User {
        id: user_id(),
        login: LoginName::parse("ada").unwrap(),
        email: EmailAddress::parse("ada@example.org").unwrap(),
        roles: [RoleName::admin()].into(),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    };
    let node = Node {
        id: NodeId::from_uuid(Uuid::from_u128(1)),
        name: NodeName::parse("edge").unwrap(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    };
    let client = Client {
        id: ClientId::from_uuid(Uuid::from_u128(1)),
        name: ClientName::parse("shop").unwrap(),
        created: NOW,
        expires: None,
        revoked: None,
        scopes: [].into(),
    };
    vec![
        begin(1),
        Change::AddUser { user, password: PasswordHash::new("$argon2id$") },
        Change::AddNode { node, secrets: NodeSecrets { current: PasswordHash::new("$s"), previous: None } },
        Change::AddClient { client, digest: DIGEST },
        Change::AddLoginToken(LoginToken { digest: DIGEST, user: user_id(), issued: NOW, expires: NOW }),
        record(),
    ]
}
