//! The names of keys. What stands in braces decides on which node of a cluster a key is.

use uuid::Uuid;
use vestibule_domain::{
    node::NodeId,
    secret::Digest,
    session::{SessionId, Subject},
    user::UserId,
};

/// How many parts the indexes of all sessions have, so that no node of a cluster holds all of them: one for each first
/// digit of an id, which keeps them in the order of ids.
pub(crate) const PARTS: u8 = 16;

/// Where a session is: with its subject, so that a subject and the list of its sessions are never of different ages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) subject: Subject,
    pub(crate) id: SessionId,
}

impl Place {
    /// As a pointer holds it.
    pub(crate) fn written(self) -> String {
        format!("{} {}", tag(self.subject), self.id.as_uuid())
    }

    /// Reads what [`Place::written`] wrote, before a blank and whatever else.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut words = text.split(' ');
        Some(Self { subject: subject_of(words.next()?)?, id: parse_id(words.next()?)? })
    }
}

/// Names keys for one installation.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    prefix: String,
}

impl Keys {
    pub(crate) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    /// The session itself.
    pub(crate) fn session(&self, place: Place) -> String {
        format!("{}:{{{}}}:{}", self.prefix, tag(place.subject), place.id.as_uuid())
    }

    /// The ids of a subject's sessions, on the same node as these.
    pub(crate) fn of_subject(&self, subject: Subject) -> String {
        format!("{}:{{{}}}", self.prefix, tag(subject))
    }

    /// A bucket's attempts. All are on one node.
    pub(crate) fn budget(&self, digest: &Digest) -> String {
        format!("{}:{{budgets}}:{}", self.prefix, hex(digest))
    }

    /// From a session's id to its place.
    pub(crate) fn by_id(&self, id: SessionId) -> String {
        format!("{}:id:{}", self.prefix, id.as_uuid())
    }

    /// From the digest of a session's token to its place.
    pub(crate) fn by_digest(&self, digest: &Digest) -> String {
        format!("{}:token:{}", self.prefix, hex(digest))
    }

    /// The ids of one part of all sessions.
    pub(crate) fn all(&self, part: u8) -> String {
        format!("{}:all:{{{part:x}}}", self.prefix)
    }

    /// The same ids by when the sessions are over, as far as was known when they began.
    pub(crate) fn due(&self, part: u8) -> String {
        format!("{}:due:{{{part:x}}}", self.prefix)
    }
}

/// The part of the indexes in which an id is.
pub(crate) fn part_of(id: SessionId) -> u8 {
    id.as_uuid().as_bytes()[0] >> 4
}

pub(crate) fn parse_id(text: &str) -> Option<SessionId> {
    Uuid::parse_str(text).ok().map(SessionId::from_uuid)
}

pub(crate) fn hex(digest: &Digest) -> String {
    use std::fmt::Write;
    digest.as_bytes().iter().fold(String::with_capacity(64), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

pub(crate) fn parse_hex(text: &str) -> Option<Digest> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.is_ascii() {
        return None;
    }
    for (place, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&text[2 * place..2 * place + 2], 16).ok()?;
    }
    Some(Digest::new(bytes))
}

/// A subject in a key.
pub(crate) fn tag(subject: Subject) -> String {
    match subject {
        Subject::Anonymous => "anonymous".to_owned(),
        Subject::Setup => "setup".to_owned(),
        Subject::User(id) => format!("user-{}", id.as_uuid()),
        Subject::Node(id) => format!("node-{}", id.as_uuid()),
    }
}

/// Reads what [`tag`] wrote.
pub(crate) fn subject_of(tag: &str) -> Option<Subject> {
    match tag {
        "anonymous" => Some(Subject::Anonymous),
        "setup" => Some(Subject::Setup),
        owned => {
            let (kind, id) = owned.split_once('-')?;
            let id = Uuid::parse_str(id).ok()?;
            match kind {
                "user" => Some(Subject::User(UserId::from_uuid(id))),
                "node" => Some(Subject::Node(NodeId::from_uuid(id))),
                _ => None,
            }
        }
    }
}
