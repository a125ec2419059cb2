//! Records of every kind, and how to tell them apart.

use vestibule_application::ports::{
    StoredNode, StoredUser,
    archive::{Kind, Record},
};
use vestibule_domain::{
    form::shipped_forms,
    message::{EventKind, Message},
    network::{KnownNetworks, Network},
    node::{Node, NodeSecrets},
    rights::{Rights, Role, RoleName},
    secret::PasswordHash,
    session::Session,
    user::User,
};

use crate::fixtures::{at, client, digest, digest_of, event, hash, login_token, node, secrets, session_of, user};

/// A record as text, with all that is in it: hashes have no `Debug`.
pub(super) fn told(record: &Record) -> String {
    match record {
        Record::Configured(at) => format!("{at:?}"),
        Record::Message(message) => format!("{message:?}"),
        Record::Role(role) => format!("{role:?}"),
        Record::Form(form) => format!("{form:?}"),
        Record::User(stored) => {
            let StoredUser { user, password, revision, networks } = stored.as_ref();
            format!("{user:?} {:?} {revision} {networks:?}", password.as_ref().map(PasswordHash::expose))
        }
        Record::Node(stored) => {
            let StoredNode { node, secrets: NodeSecrets { current, previous }, revision, networks } = stored.as_ref();
            let previous = previous.as_ref().map(|(hash, until)| (hash.expose(), until));
            format!("{node:?} {} {previous:?} {revision} {networks:?}", current.expose())
        }
        Record::Client { client, digest } => format!("{client:?} {digest:?}"),
        Record::LoginToken(token) => format!("{token:?}"),
        Record::Session { session, digest } => format!("{session:?} {digest:?}"),
    }
}

pub(super) fn all_told(records: &[Record]) -> Vec<String> {
    records.iter().map(told).collect()
}

/// A network that somebody has logged in from.
pub(super) fn known() -> KnownNetworks {
    [(Network::of([192, 0, 2, 1].into()), at(11))].into_iter().collect()
}

pub(super) fn role(name: &str) -> Record {
    Record::Role(Role { name: RoleName::parse(name).unwrap(), rights: Rights::new() })
}

/// A user that knows no network.
pub(super) fn stored_user(user: User, password: Option<&str>, revision: u32) -> StoredUser {
    StoredUser { user, password: password.map(hash), revision, networks: KnownNetworks::default() }
}

/// A node that knows no network.
pub(super) fn stored_node(node: Node, secrets: NodeSecrets, revision: u32) -> StoredNode {
    StoredNode { node, secrets, revision, networks: KnownNetworks::default() }
}

pub(super) fn user_record(number: u128, login: &str) -> Record {
    Record::User(Box::new(stored_user(user(number, login), Some("p"), 7)))
}

pub(super) fn node_record(number: u128, name: &str) -> Record {
    Record::Node(Box::new(stored_node(node(number, name), secrets("s"), 3)))
}

pub(super) fn client_record(number: u128, name: &str, token: u8) -> Record {
    Record::Client { client: client(number, name), digest: digest(token) }
}

pub(super) fn message(id: u64) -> Record {
    Record::Message(Message { id, event: event(EventKind::UserAdded) })
}

pub(super) fn session_record(session: Session) -> Record {
    Record::Session { digest: digest_of(session.id), session: Box::new(session) }
}

/// Records of a kind, in order; keys that other orders than that of bytes would sort otherwise.
pub(super) fn some(kind: Kind) -> Vec<Record> {
    let high = u128::MAX - 1;
    match kind {
        Kind::Configured => vec![Record::Configured(at(1))],
        Kind::Message => [1, 2, 9, 10, 300].map(message).into(),
        Kind::Role => ["-", "10", "9", "Z", "a", "a.b"].map(role).into(),
        Kind::Form => {
            let mut forms = shipped_forms();
            forms.sort_by(|one, other| one.name.cmp(&other.name));
            forms.into_iter().map(Record::Form).collect()
        }
        Kind::User => vec![user_record(1, "Zoe"), user_record(256, "ada"), user_record(high, "bob")],
        Kind::Node => vec![node_record(1, "z"), node_record(256, "a"), node_record(high, "B")],
        Kind::Client => vec![client_record(1, "z", 3), client_record(256, "a", 1), client_record(high, "B", 2)],
        Kind::LoginToken => [1, 0x7f, 0x80, 0xff].map(|byte| Record::LoginToken(login_token(byte, 1))).into(),
        Kind::Session => [1, 2, 256, 1 << 64, high].map(|id| session_record(session_of(id, 1))).into(),
    }
}
