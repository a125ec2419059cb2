//! What the tests of policies and use cases share: values, a [`World`] of mocked ports, and changes in words.

mod words;
mod world;

use std::{collections::BTreeSet, fmt::Debug, net::IpAddr, time::Duration};

use uuid::Uuid;
use vestibule_domain::{
    client::{Client, ClientId, ClientName},
    network::KnownNetworks,
    node::{Node, NodeId, NodeName, NodeSecrets},
    rights::{Right, Rights, Role, RoleName},
    secret::{Digest, OpaqueToken, Password, PasswordHash},
    session::{Bearer, Claims, DeviceName, Lifetimes, Origin, Session, SessionId, SignedToken, Subject},
    time::Timestamp,
    user::{EmailAddress, LoginKey, LoginName, Profile, TimeZoneName, User, UserId},
};

pub(crate) use self::{
    words::described,
    world::{Hand, World},
};
use crate::{
    activity::Seen,
    api::Caller,
    ports::{Place, Seal, StoredNode, StoredUser},
};

pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_000);
pub(crate) const MS: Duration = Duration::from_millis(1);
pub(crate) const RETRY: Duration = Duration::from_secs(7);
pub(crate) const LIFETIMES: Lifetimes =
    Lifetimes { anonymous: Duration::from_mins(30), idle: Duration::from_hours(1), absolute: Duration::from_hours(10) };
/// The first token that a [`World`] mints; the next is one more. New identifiers are counted alike, from [`NEW_ID`] on.
pub(crate) const NEW_TOKEN: u8 = 0xa0;
pub(crate) const NEW_ID: u128 = 0xf0;
/// What the digest of a token that resets a password has more than that of the same token elsewhere.
pub(crate) const RESET: u8 = 0x40;
/// The token that a [`World`] seals.
pub(crate) const SEALED: u8 = 0x5e;

pub(crate) const ALICE: Subject = Subject::User(UserId::from_uuid(Uuid::from_u128(1)));
pub(crate) const BOB: Subject = Subject::User(UserId::from_uuid(Uuid::from_u128(2)));
pub(crate) const NODE: Subject = Subject::Node(NodeId::from_uuid(Uuid::from_u128(7)));

pub(crate) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(crate) fn address() -> IpAddr {
    IpAddr::from([192, 0, 2, 1])
}

pub(crate) fn here() -> Caller {
    Caller { origin: Origin::new("here"), address: address() }
}

pub(crate) fn elsewhere() -> Caller {
    Caller { origin: Origin::new("there"), address: address() }
}

pub(crate) fn token(byte: u8) -> OpaqueToken {
    OpaqueToken::from_bits([byte; 16])
}

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}

pub(crate) fn bearer(byte: u8) -> Bearer {
    Bearer::Opaque(token(byte))
}

/// A signed token. What it says is what the world's [`world::State::claims`] say.
pub(crate) fn signed() -> Bearer {
    Bearer::Signed(SignedToken::new("a.b.c"))
}

pub(crate) fn session_id(byte: u8) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(byte.into()))
}

pub(crate) fn key(typed: &str) -> LoginKey {
    LoginKey::parse(typed).unwrap()
}

pub(crate) fn role(name: &str) -> RoleName {
    RoleName::parse(name).unwrap()
}

pub(crate) fn rights<const N: usize>(names: [&str; N]) -> Rights {
    names.iter().map(|name| Right::parse(name).unwrap()).collect()
}

pub(crate) fn password(typed: &str) -> Password {
    Password::parse(typed).unwrap_or_else(|error| panic!("{error}"))
}

/// A live session of this subject, begun here and now; anonymous ones have a row because somebody signed out.
pub(crate) fn session(byte: u8, subject: Subject) -> Session {
    let mut session = Session {
        id: session_id(byte),
        origin: here().origin,
        device: DeviceName::default(),
        subject,
        begun: NOW,
        authenticated: None,
        last_seen: NOW,
        idle_ttl: None,
        expires: NOW,
        ended: None,
        epoch: 0,
        guard: None,
        sealed_until: None,
    };
    session.authenticate(subject, &LIFETIMES, NOW);
    if subject == Subject::Anonymous {
        session.sign_out(&LIFETIMES, NOW);
    }
    session
}

/// What a signed token of this session says.
pub(crate) fn claims(session: &Session, subject: Subject) -> Claims {
    let subject = match subject {
        Subject::User(user) => user.as_uuid(),
        Subject::Node(node) => node.as_uuid(),
        Subject::Anonymous | Subject::Setup => Uuid::nil(),
    };
    let (session, epoch, expires) = (session.id, session.epoch, session.expires);
    Claims { subject, session, epoch, issued: NOW, expires, scope: Vec::new() }
}

/// An anonymous session begun here, ten minutes before it ends.
pub(crate) fn seal() -> Seal {
    Seal { origin: here().origin, expires: NOW.plus(secs(600)), setup: false, guard: None }
}

/// A user whose password is `right`. Nobody but Alice has a role.
pub(crate) fn user(subject: Subject, name: &str) -> StoredUser {
    let Subject::User(id) = subject else { panic!("not a user") };
    let user = User {
        id,
        login: LoginName::parse(name).unwrap(),
        email: EmailAddress::parse(&format!("{name}@x.test")).unwrap(),
        roles: if subject == ALICE { BTreeSet::from([role("editor")]) } else { BTreeSet::new() },
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    };
    StoredUser { user, password: Some(PasswordHash::new("right")), revision: 3, networks: KnownNetworks::default() }
}

/// A node whose secret is `secret`, and until a minute from now also `previous`.
pub(crate) fn node() -> StoredNode {
    let Subject::Node(id) = NODE else { panic!("not a node") };
    let node = Node {
        id,
        name: NodeName::parse("backup").unwrap(),
        created: NOW,
        last_successful_login: None,
        last_failed_login: None,
    };
    let previous = Some((PasswordHash::new("previous"), NOW.plus(secs(60))));
    let secrets = NodeSecrets { current: PasswordHash::new("secret"), previous };
    StoredNode { node, secrets, revision: 4, networks: KnownNetworks::default() }
}

pub(crate) fn client() -> Client {
    Client {
        id: ClientId::from_uuid(Uuid::from_u128(3)),
        name: ClientName::parse("shop").unwrap(),
        created: NOW,
        expires: None,
        revoked: None,
        scopes: BTreeSet::new(),
    }
}

pub(crate) fn roles() -> Vec<Role> {
    let role = |name: &str, right| Role { name: role(name), rights: rights([right]) };
    vec![role("admin", "all"), role("editor", "edit"), role("node", "back-up")]
}

/// Why something was refused, in the words of its `Debug`.
pub(crate) fn refusal<T, E: Debug>(result: Result<T, E>) -> String {
    result.err().map_or_else(|| "not refused".to_owned(), |error| format!("{error:?}"))
}

/// Where a session may be kept in memory.
#[derive(Default)]
pub(crate) struct Anywhere(Seen);

impl Place for Anywhere {
    fn seen(&self) -> &Seen {
        &self.0
    }
}
