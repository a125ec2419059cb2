//! Records as bytes, the same whichever store they come from. For comparing only: nothing reads them back.
//!
//! Every field of every record is in here, or this does not compile. Numbers have eight bytes, and texts, sets and what
//! may be missing tell their length first, so that different records never have the same bytes.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    time::Duration,
};

use vestibule_application::ports::{StoredNode, StoredUser, archive::Record};
use vestibule_domain::{
    client::{Client, ClientId, ClientName, Scope},
    form::{FieldRules, FormAction, FormConfiguration, FormName, Pattern},
    login_token::LoginToken,
    message::{Agent, Event, EventKind, InstanceName, Message},
    network::KnownNetworks,
    node::{Node, NodeId, NodeName, NodeSecrets},
    rights::{Right, Role, RoleName},
    secret::{Digest, PasswordHash},
    session::{DeviceName, EndReason, Ending, GuardTag, Origin, Session, SessionId, Subject},
    time::Timestamp,
    user::{Birthdate, City, EmailAddress, LoginName, PersonName, Profile, Sex, TimeZoneName, User, UserId},
};

/// The bytes of a record.
pub(super) fn encode(record: &Record) -> Vec<u8> {
    let mut bytes = Vec::new();
    record.put(&mut bytes);
    bytes
}

trait Encoded {
    fn put(&self, bytes: &mut Vec<u8>);
}

/// Values that are all of their fields.
macro_rules! structs {
    ($($name:ident { $($field:ident),* })*) => {$(
        impl Encoded for $name {
            fn put(&self, bytes: &mut Vec<u8>) {
                let $name { $($field),* } = self;
                $($field.put(bytes);)*
            }
        }
    )*};
}

structs! {
    StoredUser { user, password, revision, networks }
    User {
        id, login, email, roles, disabled, profile, time_zone, created, last_successful_login, last_failed_login
    }
    Profile { sex, name, surname, nickname, birthdate, default_city }
    StoredNode { node, secrets, revision, networks }
    Node { id, name, created, last_successful_login, last_failed_login }
    NodeSecrets { current, previous }
    Role { name, rights }
    FormConfiguration { name, action, fields, roles }
    FieldRules { required, min_length, max_length, email, pattern }
    Client { id, name, created, expires, revoked, scopes }
    LoginToken { digest, user, issued, expires }
    Message { id, event }
    Event { kind, at, session, subject, origin, address, by }
    Agent { operator, instance }
    Session {
        id, origin, device, subject, begun, authenticated, last_seen, idle_ttl, expires, ended, epoch, guard,
        sealed_until
    }
    Ending { at, reason }
}

/// Values that are told by something simpler.
macro_rules! told_by {
    ($($name:ty: |$value:ident| $simpler:expr;)*) => {$(
        impl Encoded for $name {
            fn put(&self, bytes: &mut Vec<u8>) {
                let $value = self;
                $simpler.put(bytes);
            }
        }
    )*};
}

told_by! {
    LoginName: |it| it.as_str();
    EmailAddress: |it| it.as_str();
    PersonName: |it| it.as_str();
    City: |it| it.as_str();
    TimeZoneName: |it| it.as_str();
    Sex: |it| it.as_str();
    Birthdate: |it| *it.to_digits();
    PasswordHash: |it| it.expose();
    RoleName: |it| it.as_str();
    Right: |it| it.as_str();
    NodeName: |it| it.as_str();
    ClientName: |it| it.as_str();
    Scope: |it| *it.as_str();
    InstanceName: |it| it.as_str();
    FormName: |it| it.as_str();
    FormAction: |it| it.as_str();
    Pattern: |it| it.as_str();
    DeviceName: |it| it.as_str();
    Origin: |it| it.as_str();
    EndReason: |it| it.as_str();
    EventKind: |it| *it.name();
    String: |it| it.as_str();
    IpAddr: |it| *it.to_string();
    UserId: |it| it.as_uuid().as_bytes()[..];
    NodeId: |it| it.as_uuid().as_bytes()[..];
    ClientId: |it| it.as_uuid().as_bytes()[..];
    SessionId: |it| it.as_uuid().as_bytes()[..];
    Digest: |it| it.as_bytes()[..];
    Timestamp: |it| it.as_millis();
    // Stores count whole milliseconds.
    Duration: |it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX);
    GuardTag: |it| it.bits();
    usize: |it| *it as u64;
    u32: |it| u64::from(*it);
    bool: |it| u64::from(*it);
    str: |it| *it.as_bytes();
}

impl Encoded for u64 {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_be_bytes());
    }
}

impl Encoded for i64 {
    fn put(&self, bytes: &mut Vec<u8>) {
        bytes.extend(self.to_be_bytes());
    }
}

impl Encoded for [u8] {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.len().put(bytes);
        bytes.extend(self);
    }
}

impl<T: Encoded> Encoded for Option<T> {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.is_some().put(bytes);
        if let Some(value) = self {
            value.put(bytes);
        }
    }
}

impl<A: Encoded, B: Encoded> Encoded for (A, B) {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.0.put(bytes);
        self.1.put(bytes);
    }
}

impl<T: Encoded> Encoded for BTreeSet<T> {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.len().put(bytes);
        for value in self {
            value.put(bytes);
        }
    }
}

impl<K: Encoded, V: Encoded> Encoded for BTreeMap<K, V> {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.len().put(bytes);
        for (key, value) in self {
            key.put(bytes);
            value.put(bytes);
        }
    }
}

impl Encoded for KnownNetworks {
    fn put(&self, bytes: &mut Vec<u8>) {
        self.iter().map(|(network, at)| (network.to_string(), at)).collect::<BTreeMap<_, _>>().put(bytes);
    }
}

impl Encoded for Subject {
    fn put(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Anonymous => 0_u64.put(bytes),
            Self::Setup => 1_u64.put(bytes),
            Self::User(id) => {
                2_u64.put(bytes);
                id.put(bytes);
            }
            Self::Node(id) => {
                3_u64.put(bytes);
                id.put(bytes);
            }
        }
    }
}

/// Without its kind: those of different kinds are never compared.
impl Encoded for Record {
    fn put(&self, bytes: &mut Vec<u8>) {
        match self {
            Self::Configured(at) => at.put(bytes),
            Self::Message(message) => message.put(bytes),
            Self::Role(role) => role.put(bytes),
            Self::Form(form) => form.put(bytes),
            Self::User(stored) => stored.put(bytes),
            Self::Node(stored) => stored.put(bytes),
            Self::Client { client, digest } => {
                client.put(bytes);
                digest.put(bytes);
            }
            Self::LoginToken(token) => token.put(bytes),
            Self::Session { session, digest } => {
                session.put(bytes);
                digest.put(bytes);
            }
        }
    }
}
