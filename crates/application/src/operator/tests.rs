//! The commands on mocked ports: what each writes, and what each refuses.

mod accounts;
mod explanation;
mod import;
mod operators;
mod others;
mod sessions;

use std::sync::Mutex;

use uuid::Uuid;
use vestibule_domain::{
    network::KnownNetworks,
    rights::RoleName,
    secret::{Digest, OpaqueToken, Password, PasswordHash},
    user::{EmailAddress, Profile, TimeZoneName, User},
};

use super::*;
use crate::ports::{
    Committed, MockArchive, MockClientStore, MockClock, MockFormStore, MockHealth, MockHousekeeping, MockIds,
    MockInstallation, MockLoginTokenStore, MockMessageLog, MockNodeStore, MockPasswordHasher, MockRoleStore,
    MockSessionStore, MockTokens, MockUnitOfWork, MockUserStore, SetupState,
};
use crate::touched::untold;

const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
const NEW_ID: Uuid = Uuid::from_u128(0xff);
const ALICE: Uuid = Uuid::from_u128(1);

/// Mocked ports in which nothing is expected but the time, a new id, a token and hashes; and the units written.
struct World {
    users: MockUserStore,
    roles: MockRoleStore,
    nodes: MockNodeStore,
    clients: MockClientStore,
    forms: MockFormStore,
    sessions: MockSessionStore,
    messages: MockMessageLog,
    setup: SetupState,
    conflict: Option<Conflict>,
    written: Arc<Mutex<Vec<String>>>,
}

impl World {
    fn new() -> Self {
        Self {
            users: MockUserStore::new(),
            roles: MockRoleStore::new(),
            nodes: MockNodeStore::new(),
            clients: MockClientStore::new(),
            forms: MockFormStore::new(),
            sessions: MockSessionStore::new(),
            messages: MockMessageLog::new(),
            setup: SetupState::Configured,
            conflict: None,
            written: Arc::default(),
        }
    }

    /// A world in which Alice is found by her login name, address and id, and nobody else is.
    fn with_alice(change: impl FnOnce(&mut User)) -> Self {
        let mut world = Self::new();
        let mut alice = alice();
        change(&mut alice);
        let stored = StoredUser { user: alice, password: None, revision: 0, networks: KnownNetworks::default() };
        let by_key = stored.clone();
        world.users.expect_by_key().returning(move |key, kind| {
            Ok((kind == KeyKind::Any && by_key.user.keys().contains(key)).then(|| by_key.clone()))
        });
        world.users.expect_by_id().returning(move |id| Ok((id == stored.user.id).then(|| stored.clone())));
        world
    }

    fn operator(self) -> Operator {
        let mut unit_of_work = MockUnitOfWork::new();
        unit_of_work.expect_commit().returning(move |changes| {
            assert_eq!(untold(&changes), [], "other nodes would not hear of it: see `touched`");
            let settled = changes.is_empty().then(|| "settled".to_owned());
            self.written.lock().unwrap().extend(changes.iter().map(described).chain(settled));
            self.conflict.map_or(Ok(Committed::default()), |conflict| Err(conflict.into()))
        });
        let mut installation = MockInstallation::new();
        installation.expect_state().returning(move || Ok(self.setup));
        let mut tokens = MockTokens::new();
        tokens.expect_mint().returning(|| OpaqueToken::from_bits([0xaa; 16]));
        tokens.expect_digest().returning(|token| Digest::new([token.expose().as_bytes()[0]; 32]));
        tokens.expect_operator_digest().returning(|token| Digest::new([token.expose().as_bytes()[0]; 32]));
        tokens.expect_reset_digest().returning(|token| Digest::new([token.expose().as_bytes()[0] + 1; 32]));
        let mut hasher = MockPasswordHasher::new();
        hasher
            .expect_hash()
            .returning(|password, profile| Ok(PasswordHash::new(format!("{profile:?} {}", password.expose()))));
        hasher.expect_check().returning(|hash| match hash.expose() {
            "strange" => Err(UnusableHash::UnknownFormat),
            _ => Ok(()),
        });
        let mut clock = MockClock::new();
        clock.expect_now().return_const(NOW);
        let mut ids = MockIds::new();
        ids.expect_next().return_const(NEW_ID);
        let stores = Stores {
            unit: Arc::new(unit_of_work),
            users: Arc::new(self.users),
            roles: Arc::new(self.roles),
            nodes: Arc::new(self.nodes),
            clients: Arc::new(self.clients),
            forms: Arc::new(self.forms),
            sessions: Arc::new(self.sessions),
            installation: Arc::new(installation),
            login_tokens: Arc::new(MockLoginTokenStore::new()),
            messages: Arc::new(self.messages),
            health: Arc::new(MockHealth::new()),
            housekeeping: Arc::new(MockHousekeeping::new()),
            archive: Arc::new(MockArchive::new()),
        };
        let ports = Ports {
            stores,
            tokens: Arc::new(tokens),
            hasher: Arc::new(hasher),
            clock: Arc::new(clock),
            ids: Arc::new(ids),
        };
        Operator::new(ports, PasswordPolicy::default())
    }
}

fn alice() -> User {
    User {
        id: UserId::from_uuid(ALICE),
        login: LoginName::parse("Alice").unwrap(),
        email: EmailAddress::parse("alice@example.test").unwrap(),
        roles: [role("admin")].into(),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    }
}

fn role(name: &str) -> RoleName {
    RoleName::parse(name).unwrap()
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

fn joined<T: ToString>(items: impl IntoIterator<Item = T>) -> String {
    items.into_iter().map(|item| item.to_string()).collect::<Vec<_>>().join(",")
}

fn whom(subject: Subject) -> String {
    match subject {
        Subject::Anonymous => "anonymous".to_owned(),
        Subject::Setup => "setup".to_owned(),
        Subject::User(id) => format!("user {:x}", id.as_uuid().as_u128()),
        Subject::Node(id) => format!("node {:x}", id.as_uuid().as_u128()),
    }
}

/// A change in words, so that tests can compare whole units.
fn described(change: &Change) -> String {
    match change {
        Change::AddUser { user, password } => {
            format!("add {} {} [{}] {}", user.login, user.email.as_str(), joined(&user.roles), password.expose())
        }
        Change::SetPassword { user, password } => {
            format!("password of {} {}", whom(Subject::User(*user)), password.expose())
        }
        Change::SetDisabled { user, disabled } => format!("{} disabled {disabled}", whom(Subject::User(*user))),
        Change::SetProfile { user, time_zone, .. } => {
            format!("profile of {} in {}", whom(Subject::User(*user)), time_zone.as_str())
        }
        Change::ExpectUser { user, revision } => format!("expect {} in {revision}", whom(Subject::User(*user))),
        Change::GrantRole { user, role } => format!("{} gets {role}", whom(Subject::User(*user))),
        Change::WithdrawRole { user, role } => format!("{} loses {role}", whom(Subject::User(*user))),
        Change::AddRole(role) => format!("role {role} there"),
        Change::RemoveUser { user } => format!("remove {}", whom(Subject::User(*user))),
        Change::PutRole(role) => format!("role {} [{}]", role.name, joined(&role.rights)),
        Change::ReplaceRole { role, read } => {
            let read = read.as_ref().map_or("nothing".to_owned(), |rights| format!("[{}]", joined(rights)));
            format!("role {} [{}] for {read}", role.name, joined(&role.rights))
        }
        Change::AddNode { node, secrets } => {
            format!("add {} {} {}", whom(Subject::Node(node.id)), node.name, secrets.current.expose())
        }
        Change::ExpectNode { node, revision } => format!("expect {} in {revision}", whom(Subject::Node(*node))),
        Change::SetNodeSecrets { node, secrets } => {
            let until = |(hash, until): &(PasswordHash, Timestamp)| {
                format!("{} for {} s", hash.expose(), until.since(NOW).as_secs())
            };
            let previous = secrets.previous.as_ref().map(until).unwrap_or_default();
            format!("{} has {} and {previous}", whom(Subject::Node(*node)), secrets.current.expose())
        }
        Change::RemoveNode { node } => format!("remove {}", whom(Subject::Node(*node))),
        Change::AddClient { client, digest } => {
            let expires = client.expires.map(|at| at.since(NOW).as_secs());
            let kind = if client.is_operator() { "operator" } else { "client" };
            format!("add {kind} {} {expires:?} {:02x}", client.name, digest.as_bytes()[0])
        }
        Change::RevokeClient { client, at } => {
            format!("revoke client {:x} {}", client.as_uuid().as_u128(), at.since(NOW).as_secs())
        }
        Change::PutForm(form) => format!("form {}", form.name),
        Change::ReplaceForm { form, read } => {
            format!("form {} for {}", form.name, read.as_ref().map_or("nothing", |read| read.name.as_str()))
        }
        Change::RemoveForm(name) => format!("remove form {name}"),
        Change::AddLoginToken(token) => {
            let lifetime = token.expires.since(token.issued).as_secs();
            format!(
                "login token {:02x} for {}, {lifetime} s",
                token.digest.as_bytes()[0],
                whom(Subject::User(token.user))
            )
        }
        Change::EndSession { id, ending } => {
            format!("end session {:x} {}", id.as_uuid().as_u128(), ending.reason.as_str())
        }
        Change::EndSessionsOf { subject, ending } => {
            format!("end sessions of {} {}", whom(*subject), ending.reason.as_str())
        }
        Change::Record(event) => {
            assert_eq!(event.at, NOW);
            assert!(event.origin.is_none());
            let from = event.address.map(|address| format!(" from {address}")).unwrap_or_default();
            let by = event.by.operator.as_ref().map(|name| format!(" by {name}{from}")).unwrap_or(from);
            let subject = event.subject.map(|subject| format!(" {}", whom(subject))).unwrap_or_default();
            format!("record {}{subject}{by}", event.kind.name())
        }
        Change::BeginSession { .. }
        | Change::SaveSession { .. }
        | Change::TouchSessions(_)
        | Change::ReplaceHash { .. }
        | Change::RecordLogin { .. }
        | Change::KnowNetwork { .. }
        | Change::SpendLoginToken(_) => panic!("no operator does this"),
    }
}

/// What was written so far, in words.
fn taken(written: &Mutex<Vec<String>>) -> Vec<String> {
    std::mem::take(&mut written.lock().unwrap())
}
