//! What rows are made of.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use vestibule_domain::{
    network::{KnownNetworks, Network},
    node::NodeId,
    rights::RoleName,
    session::Subject,
    time::Timestamp,
    user::UserId,
};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SubjectPart {
    Anonymous,
    Setup,
    User(String),
    Node(String),
}

impl From<Subject> for SubjectPart {
    fn from(subject: Subject) -> Self {
        match subject {
            Subject::Anonymous => Self::Anonymous,
            Subject::Setup => Self::Setup,
            Subject::User(id) => Self::User(id.to_string()),
            Subject::Node(id) => Self::Node(id.to_string()),
        }
    }
}

impl SubjectPart {
    pub(super) fn read(self) -> Option<Subject> {
        match self {
            Self::Anonymous => Some(Subject::Anonymous),
            Self::Setup => Some(Subject::Setup),
            Self::User(id) => UserId::parse(&id).map(Subject::User),
            Self::Node(id) => NodeId::parse(&id).map(Subject::Node),
        }
    }
}

pub(super) fn millis(time: Option<Timestamp>) -> Option<i64> {
    time.map(Timestamp::as_millis)
}

pub(super) fn time(millis: Option<i64>) -> Option<Timestamp> {
    millis.map(Timestamp::from_millis)
}

pub(super) fn role_names(roles: &BTreeSet<RoleName>) -> Vec<String> {
    roles.iter().map(|role| role.as_str().to_owned()).collect()
}

pub(super) fn words<T: Ord, E>(words: &[String], parse: fn(&str) -> Result<T, E>) -> Option<BTreeSet<T>> {
    words.iter().map(|word| parse(word).ok()).collect()
}

pub(super) fn times(networks: &KnownNetworks) -> BTreeMap<String, i64> {
    networks.iter().map(|(network, at)| (network.to_string(), at.as_millis())).collect()
}

pub(super) fn networks(times: &BTreeMap<String, i64>) -> Option<KnownNetworks> {
    times.iter().map(|(network, at)| Some((Network::parse(network)?, Timestamp::from_millis(*at)))).collect()
}

/// The value of a part that may be missing; nothing if it is there and malformed.
#[expect(clippy::option_option, reason = "the outer one says whether the part can be read, as in every row")]
pub(super) fn optional<P, T>(part: Option<P>, read: impl FnOnce(P) -> Option<T>) -> Option<Option<T>> {
    part.map_or(Some(None), |part| read(part).map(Some))
}
