//! What is particular about a store that is a file: it outlives the process, and others open it too.
#![cfg(feature = "sqlite")]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{path::PathBuf, sync::Arc, time::Duration};

use sea_orm::{ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use uuid::Uuid;
use vestibule_adapters_db::{ConnectError, ConnectOptions, SeaOrmStore};
use vestibule_application::{
    change::Change,
    ports::{
        ClientStore, CommitError, Conflict, FormStore, Health, Installation, LoginTokenStore, MessageLog, NodeStore,
        RoleStore, SessionStore, SetupState, StoreError, UnitOfWork, UserStore,
    },
};
use vestibule_domain::{
    client::{Client, ClientId, ClientName},
    form::shipped_forms,
    login_token::LoginToken,
    message::{Event, EventKind},
    node::{Node, NodeId, NodeName, NodeRef, NodeSecrets},
    rights::{RoleName, shipped_roles},
    secret::{Digest, PasswordHash},
    session::{DeviceName, EndReason, Ending, Origin, Session, SessionId, Subject},
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
    Session {
        id: id(number),
        origin: Origin::new("test"),
        device: DeviceName::default(),
        subject: Subject::Anonymous,
        begun: NOW,
        authenticated: None,
        last_seen: NOW,
        idle_ttl: None,
        expires: NOW.plus(Duration::from_hours(1)),
        ended: None,
        epoch: 0,
        guard: None,
        sealed_until: None,
    }
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
    Change::Record(Event { kind, at: NOW, session: None, subject: None, origin: None, address: None })
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

#[tokio::test]
async fn everything_is_there_after_reopening() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(everything()).await.unwrap();
    store.commit(vec![end(1)]).await.unwrap();
    store.close().await.unwrap();
    assert!(matches!(store.ping().await, Err(StoreError::Unavailable(_))), "a closed store is not available");
    drop(store);

    let store = place.connect().await;
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert!(SessionStore::by_id(&store, id(1)).await.unwrap().unwrap().ended.is_some());
    assert_eq!(Installation::state(&store).await.unwrap(), SetupState::Configured);
    assert_eq!(UserStore::page(&store, None, 9).await.unwrap().len(), 1);
    assert_eq!(NodeStore::all(&store).await.unwrap().len(), 1);
    assert_eq!(ClientStore::all(&store).await.unwrap().len(), 1);
    assert!(LoginTokenStore::by_digest(&store, &DIGEST).await.unwrap().is_some());
    assert_eq!(store.latest().await.unwrap(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_see_each_others_writes_at_once() {
    let place = Place::new();
    let (one, other) = (place.migrated().await, place.migrated().await);
    for number in 1..=100 {
        let (writer, reader) = if number % 2 == 0 { (&one, &other) } else { (&other, &one) };
        writer.commit(vec![begin(number)]).await.unwrap();
        assert!(SessionStore::by_id(reader, id(number)).await.unwrap().unwrap().ended.is_none());
        reader.commit(vec![end(number)]).await.unwrap();
        assert!(SessionStore::by_id(writer, id(number)).await.unwrap().unwrap().ended.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_write_at_the_same_time_take_turns() {
    let place = Place::new();
    place.migrated().await;
    let mut writers = Vec::new();
    for writer in 0..3_u128 {
        let store = Arc::new(place.connect().await);
        for number in 0..40 {
            let store = store.clone();
            writers
                .push(tokio::spawn(async move { store.commit(vec![begin(1000 * writer + number), record()]).await }));
        }
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(place.connect().await.latest().await.unwrap(), 120);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_race_for_a_login_name_meet_a_conflict_and_no_failure() {
    let place = Place::new();
    let (one, other) = (place.migrated().await, place.migrated().await);
    for round in 0..30_u128 {
        let login = format!("user{round}");
        let (first, second) = (vec![add_user(2 * round, &login)], vec![add_user(2 * round + 1, &login)]);
        let (first, second) = tokio::join!(one.commit(first), other.commit(second));
        let lost = if first.is_ok() { second } else { first.and(second) };
        assert!(matches!(lost, Err(CommitError::Conflict(Conflict::LoginTaken))), "{lost:?}");
    }
    assert_eq!(UserStore::page(&one, None, 100).await.unwrap().len(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_waits_for_another_programs_write_to_end() {
    let place = Place::new();
    let store = place.migrated().await;
    let foreign = place.foreign().await;
    foreign.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.commit(vec![begin(1)]).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    store.ping().await.unwrap();
    foreign.execute_unprepared("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_waited_too_long_says_that_the_store_is_unavailable() {
    let place = Place::new();
    place.migrated().await;
    let options = ConnectOptions { patience: Duration::from_millis(100), ..ConnectOptions::default() };
    let store = SeaOrmStore::connect(&place.url(), options).await.unwrap();
    let foreign = place.foreign().await;
    foreign.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let late = store.commit(vec![begin(1)]).await;
    assert!(matches!(late, Err(CommitError::Store(StoreError::Unavailable(_)))), "{late:?}");
    foreign.execute_unprepared("ROLLBACK").await.unwrap();
    store.commit(vec![begin(1)]).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_processes_may_create_and_migrate_one_file_at_once() {
    let place = Arc::new(Place::new());
    let starts: Vec<_> = (0..8)
        .map(|_| {
            let place = place.clone();
            tokio::spawn(async move { place.migrated().await })
        })
        .collect();
    for start in starts {
        let store = start.await.unwrap();
        assert_eq!(RoleStore::all(&store).await.unwrap(), shipped_roles());
        assert_eq!(FormStore::all(&store).await.unwrap().len(), shipped_forms().len());
        assert_eq!(Installation::state(&store).await.unwrap(), SetupState::Unconfigured);
    }
}

#[tokio::test]
async fn migrations_are_pending_until_they_are_applied_and_asking_writes_nothing() {
    let place = Place::new();
    let store = place.connect().await;
    for _ in 0..2 {
        assert_eq!(store.pending_migrations().await.unwrap(), ["m0001_begin"]);
    }
    assert!(store.ping().await.is_err(), "there are no tables yet");
    assert!(Installation::state(&store).await.is_err(), "no tables is not the same as no users");
    store.migrate().await.unwrap();
    store.commit(everything()).await.unwrap();
    store.migrate().await.unwrap();
    assert_eq!(store.pending_migrations().await.unwrap(), Vec::<String>::new());
    assert_eq!(UserStore::page(&store, None, 9).await.unwrap().len(), 1);
}

#[tokio::test]
async fn tables_newer_than_the_program_are_refused() {
    let place = Place::new();
    let store = place.migrated().await;
    let newer = "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)";
    place.foreign().await.execute_unprepared(newer).await.unwrap();
    assert!(store.pending_migrations().await.is_err());
    assert!(store.migrate().await.is_err());
}

#[tokio::test]
async fn a_missing_latch_is_an_error_and_not_an_unconfigured_system() {
    let place = Place::new();
    let store = place.migrated().await;
    place.foreign().await.execute_unprepared("DELETE FROM installation").await.unwrap();
    assert!(matches!(Installation::state(&store).await, Err(StoreError::Malformed(_))));
    assert!(store.ping().await.is_err());
}

#[tokio::test]
async fn a_user_without_a_closed_latch_is_a_configured_system_all_the_same() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(vec![add_user(1, "ada")]).await.unwrap();
    place.foreign().await.execute_unprepared("UPDATE installation SET configured = NULL").await.unwrap();
    assert_eq!(Installation::state(&store).await.unwrap(), SetupState::Configured);
}

#[tokio::test]
async fn a_number_is_not_given_out_again_when_its_message_is_deleted() {
    let place = Place::new();
    let store = place.migrated().await;
    store.commit(vec![record(), record(), record()]).await.unwrap();
    place.foreign().await.execute_unprepared("DELETE FROM messages").await.unwrap();
    store.commit(vec![record()]).await.unwrap();
    assert_eq!(store.latest().await.unwrap(), 4);
}

#[tokio::test]
async fn a_malformed_row_is_an_error_that_names_its_kind_and_never_a_panic() {
    for (damage, kind) in [
        ("sessions SET subject_kind = 'ghost'", "session"),
        ("sessions SET subject_kind = 'user'", "session"),
        ("sessions SET ended = 1", "session"),
        ("sessions SET ended = 1, end_reason = 'boredom'", "session"),
        ("sessions SET epoch = -1", "session"),
        ("sessions SET epoch = 4294967296", "session"),
        ("sessions SET idle_ttl = -1", "session"),
        ("sessions SET guard = -1", "session"),
        ("sessions SET device = ''", "session"),
        ("sessions SET begun = 'yesterday'", "session"),
        ("sessions SET begun = x'ff'", "session"),
        ("users SET email = 'nobody'", "user"),
        ("users SET roles = 'admin'", "user"),
        ("users SET roles = '[1]'", "user"),
        ("users SET sex = 'X'", "user"),
        ("users SET birthdate = '31022000'", "user"),
        ("users SET time_zone = 'Mars/Olympus'", "user"),
        ("users SET revision = -1", "user"),
        ("nodes SET name = 'two words'", "node"),
        ("nodes SET previous_until = 1", "node"),
        ("clients SET name = ''", "client"),
        ("roles SET rights = '{}'", "role"),
        ("forms SET action = 'upsert'", "form configuration"),
        ("forms SET fields = '[]'", "form configuration"),
        ("forms SET fields = '{\"a\":{\"required\":true,\"email\":false,\"pattern\":\"(\"}}'", "form configuration"),
        ("login_tokens SET issued = 'x'", "login token"),
        ("messages SET kind = 'rumour'", "message"),
        ("messages SET address = 'somewhere'", "message"),
        ("messages SET subject_kind = 'node'", "message"),
    ] {
        let place = Place::new();
        let store = place.migrated().await;
        store.commit(everything()).await.unwrap();
        place.foreign().await.execute_unprepared(&format!("UPDATE {damage}")).await.unwrap();
        let node = NodeRef::Name(NodeName::parse("edge").unwrap());
        let read = match kind {
            "session" => SessionStore::by_id(&store, id(1)).await.map(drop),
            "user" => UserStore::page(&store, None, 9).await.map(drop),
            "node" => {
                if damage.contains("name") {
                    NodeStore::all(&store).await.map(drop)
                } else {
                    store.find(&node).await.map(drop)
                }
            }
            "client" => ClientStore::all(&store).await.map(drop),
            "role" => RoleStore::all(&store).await.map(drop),
            "form configuration" => FormStore::all(&store).await.map(drop),
            "login token" => LoginTokenStore::by_digest(&store, &DIGEST).await.map(drop),
            _ => MessageLog::page(&store, 0, 9).await.map(drop),
        };
        assert!(matches!(read, Err(StoreError::Malformed(named)) if named == kind), "{damage}: {read:?}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn the_files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt;

    let place = Place::new();
    let store = place.migrated().await;
    store.commit(vec![begin(1)]).await.unwrap();
    let data = place.path().parent().unwrap().to_owned();
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&data), 0o700);
    let files: Vec<PathBuf> = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert_eq!(files.len(), 3, "the database, its log and the log's index: {files:?}");
    for file in files {
        assert_eq!(mode(&file), 0o600, "{}", file.display());
    }
}

#[tokio::test]
async fn a_path_may_have_any_characters() {
    let place = Place::new();
    let url = format!("sqlite://{}/with%20blank%3F%23/%C5%BC.db", place.directory.path().display());
    SeaOrmStore::connect(&url, ConnectOptions::default()).await.unwrap().migrate().await.unwrap();
    assert!(place.directory.path().join("with blank?#/ż.db").exists());
}

#[tokio::test]
async fn only_absolute_paths_are_opened() {
    for url in [
        "sqlite::memory:",
        "sqlite://",
        "sqlite:relative.db",
        "sqlite://relative.db",
        "sqlite:///tmp/x.db?mode=memory",
        "sqlite:///tmp/x.db?mode=ro",
        "sqlite:///tmp/x.db?immutable=1",
    ] {
        let refused = SeaOrmStore::connect(url, ConnectOptions::default()).await.err();
        assert!(matches!(refused, Some(ConnectError::NotAPath)), "{url}: {refused:?}");
    }
}

#[tokio::test]
async fn an_error_names_the_place_and_never_the_url() {
    let place = Place::new();
    let file = place.directory.path().join("file");
    std::fs::write(&file, "this is not a database, however long it is read").unwrap();
    let urls = [
        "oracle://scott:tiger@host/db".to_owned(),
        "tiger".to_owned(),
        format!("sqlite://{}/below.db", file.display()),
        format!("sqlite://{}", file.display()),
    ];
    let mut told = Vec::new();
    for url in urls {
        let error = SeaOrmStore::connect(&url, ConnectOptions::default()).await.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("tiger@"), "{error:?}");
        told.push(error.to_string());
    }
    assert_eq!(told[0], "storage of the kind `oracle` is not supported");
    assert_eq!(told[2], format!("cannot create {}/below.db", file.display()));
    assert_eq!(told[3], format!("cannot open the database at {}", file.display()));
}
