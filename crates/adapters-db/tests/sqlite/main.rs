//! What is particular about a store that is a file: it outlives the process, and others open it too.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod crashes;
mod files;
mod groups;
mod migrations;
mod processes;
mod rows;

use std::{path::PathBuf, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use uuid::Uuid;
use vestibule_adapters_db::{ConnectError, ConnectOptions, SeaOrmStore};
use vestibule_application::{
    change::Change,
    ports::{
        ClientStore, CommitError, Conflict, FormStore, Health, Installation, KeyKind, LoginTokenStore, MessageLog,
        NodeStore, RoleStore, SessionStore, SetupState, StoreError, UnitOfWork, UserStore,
    },
};
use vestibule_domain::{
    client::{Client, ClientId, ClientName},
    form::shipped_forms,
    login_token::LoginToken,
    message::{Agent, Event, EventKind},
    node::{Node, NodeId, NodeName, NodeRef, NodeSecrets},
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
        self.directory.path().join("data/vestibule.db")
    }

    fn url(&self) -> String {
        format!("sqlite://{}", self.path().display())
    }

    async fn connect(&self) -> SeaOrmStore {
        SeaOrmStore::connect(&self.url(), ConnectOptions::default()).await.unwrap()
    }

    async fn migrated(&self) -> SeaOrmStore {
        let store = self.connect().await;
        store.migrate().await.unwrap();
        store
    }

    /// The file as another program sees it.
    async fn foreign(&self) -> DatabaseConnection {
        Database::connect(self.url()).await.unwrap()
    }
}

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);
const DIGEST: Digest = Digest::new([1; 32]);

fn id(number: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(number))
}

fn session(number: u128) -> Session {
    Session::begin(id(number), Origin::new("test"), DeviceName::default(), NOW, NOW.plus(Duration::from_hours(1)))
}

fn begin(number: u128) -> Change {
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&number.to_be_bytes());
    Change::BeginSession { session: session(number), digest: Digest::new(digest) }
}

fn end(number: u128) -> Change {
    Change::EndSession { id: id(number), ending: Ending { at: NOW, reason: EndReason::SignedOut } }
}

fn add_user(number: u128, login: &str) -> Change {
    let user = User {
        id: UserId::from_uuid(Uuid::from_u128(number)),
        login: LoginName::parse(login).unwrap(),
        email: EmailAddress::parse(&format!("n{number}@example.org")).unwrap(),
        roles: [RoleName::admin()].into(),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    };
    Change::AddUser { user, password: PasswordHash::new("$argon2id$") }
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

/// One of everything.
fn everything() -> Vec<Change> {
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
    let user = UserId::from_uuid(Uuid::from_u128(1));
    vec![
        begin(1),
        add_user(1, "ada"),
        Change::AddNode { node, secrets: NodeSecrets { current: PasswordHash::new("$s"), previous: None } },
        Change::AddClient { client, digest: DIGEST },
        Change::AddLoginToken(LoginToken { digest: DIGEST, user, issued: NOW, expires: NOW }),
        record(),
    ]
}
