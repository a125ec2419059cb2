//! Values to store.

use std::{collections::BTreeSet, time::Duration};

use uuid::Uuid;
use vestibule_domain::{
    client::{Client, ClientId, ClientName},
    login_token::LoginToken,
    message::{Agent, Event, EventKind},
    node::{Node, NodeId, NodeName, NodeSecrets},
    secret::{Digest, PasswordHash},
    session::{DeviceName, EndReason, Ending, Origin, Session, SessionId, Subject},
    time::Timestamp,
    user::{EmailAddress, LoginName, Profile, TimeZoneName, User, UserId},
};

/// When everything begins.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_800_000_000_000);
/// How long a session may go unused.
pub(crate) const IDLE: i64 = 1_000;
/// How long a session lives at most.
pub(crate) const ABSOLUTE: i64 = 10_000;

/// So many milliseconds after [`START`].
pub(crate) fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + millis)
}

pub(crate) fn session_id(number: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(number))
}

pub(crate) const fn user_id(number: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(number))
}

pub(crate) const fn node_id(number: u128) -> NodeId {
    NodeId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn digest(byte: u8) -> Digest {
    Digest::new([byte; 32])
}

/// The digest under which [`crate::Store::begins`] begins a session.
pub(crate) fn digest_of(id: SessionId) -> Digest {
    let mut bytes = [0xd1; 32];
    bytes[16..].copy_from_slice(id.as_uuid().as_bytes());
    Digest::new(bytes)
}

pub(crate) fn hash(text: &str) -> PasswordHash {
    PasswordHash::new(text)
}

/// An anonymous session that was not sealed.
pub(crate) fn anonymous(number: u128) -> Session {
    Session {
        id: session_id(number),
        origin: Origin::new("test"),
        device: DeviceName::default(),
        subject: Subject::Anonymous,
        begun: START,
        authenticated: None,
        last_seen: START,
        idle_ttl: None,
        expires: at(ABSOLUTE),
        ended: None,
        epoch: 0,
        guard: None,
        sealed_until: None,
    }
}

/// A session of the user of that number.
pub(crate) fn session_of(number: u128, user: u128) -> Session {
    Session {
        subject: Subject::User(user_id(user)),
        authenticated: Some(START),
        idle_ttl: Some(Duration::from_millis(IDLE.unsigned_abs())),
        epoch: 1,
        ..anonymous(number)
    }
}

pub(crate) fn ending(millis: i64) -> Ending {
    Ending { at: at(millis), reason: EndReason::Revoked }
}

/// A user called `login`, with the address `login@example.org`.
pub(crate) fn user(number: u128, login: &str) -> User {
    user_at(number, login, &format!("{login}@example.org"))
}

pub(crate) fn user_at(number: u128, login: &str, email: &str) -> User {
    User {
        id: user_id(number),
        login: LoginName::parse(login).unwrap(),
        email: EmailAddress::parse(email).unwrap(),
        roles: BTreeSet::new(),
        disabled: false,
        profile: Profile::default(),
        time_zone: TimeZoneName::default(),
        created: START,
        last_successful_login: None,
        last_failed_login: None,
    }
}

pub(crate) fn node(number: u128, name: &str) -> Node {
    Node {
        id: node_id(number),
        name: NodeName::parse(name).unwrap(),
        created: START,
        last_successful_login: None,
        last_failed_login: None,
    }
}

pub(crate) fn secrets(current: &str) -> NodeSecrets {
    NodeSecrets { current: hash(current), previous: None }
}

pub(crate) fn client(number: u128, name: &str) -> Client {
    Client {
        id: ClientId::from_uuid(Uuid::from_u128(number)),
        name: ClientName::parse(name).unwrap(),
        created: START,
        expires: None,
        revoked: None,
        scopes: BTreeSet::new(),
    }
}

pub(crate) fn login_token(byte: u8, user: u128) -> LoginToken {
    LoginToken { digest: digest(byte), user: user_id(user), issued: START, expires: at(100) }
}

pub(crate) fn event(kind: EventKind) -> Event {
    Event { kind, at: START, session: None, subject: None, origin: None, address: None, by: Agent::default() }
}
