//! Nodes: machines that log in with a secret of their own (seed 004, `node/login`).

use uuid::Uuid;

use crate::{secret::PasswordHash, text::word_type, time::Timestamp};

/// A node's identifier, the `guid` it logs in with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(Uuid);

crate::uuid_newtype!(NodeId);

word_type!(
    /// A node's unique name.
    NodeName,
    100
);

/// How a node names itself when it logs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NodeRef {
    /// By identifier.
    Id(NodeId),
    /// By name.
    Name(NodeName),
}

/// A registered machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Never changes.
    pub id: NodeId,
    /// Unique.
    pub name: NodeName,
    /// When it was registered.
    pub created: Timestamp,
    /// The last login that succeeded.
    pub last_successful_login: Option<Timestamp>,
    /// The last login that failed on a wrong secret.
    pub last_failed_login: Option<Timestamp>,
}

/// The hashes of a node's secrets: after a rotation both are good for a grace period.
#[derive(Clone)]
pub struct NodeSecrets {
    /// The secret in force.
    pub current: PasswordHash,
    /// The one before it, and the moment from which it is refused.
    pub previous: Option<(PasswordHash, Timestamp)>,
}

impl NodeSecrets {
    /// The secrets after `next` took over at `now`, the present one staying good for `grace`.
    #[must_use]
    pub fn rotated(self, next: PasswordHash, now: Timestamp, grace: std::time::Duration) -> Self {
        Self { current: next, previous: Some((self.current, now.plus(grace))) }
    }

    /// The hashes that are good at `now`.
    pub fn accepted(&self, now: Timestamp) -> impl Iterator<Item = &PasswordHash> {
        let previous = self.previous.iter().filter(move |(_, until)| now < *until).map(|(hash, _)| hash);
        std::iter::once(&self.current).chain(previous)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_rotated_secret_is_good_until_its_grace_ends() {
        let now = Timestamp::from_millis(1000);
        let secrets = NodeSecrets { current: PasswordHash::new("old"), previous: None }.rotated(
            PasswordHash::new("new"),
            now,
            Duration::from_millis(5),
        );
        let accepted =
            |at| secrets.accepted(Timestamp::from_millis(at)).map(|h| h.expose().to_owned()).collect::<Vec<_>>();
        assert_eq!(accepted(1004), ["new", "old"]);
        assert_eq!(accepted(1005), ["new"]);
    }
}
