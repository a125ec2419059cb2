//! Nodes.

use std::time::Duration;

use vestibule_domain::{
    message::EventKind,
    node::{Node, NodeId, NodeName, NodeRef, NodeSecrets},
    secret::{OpaqueToken, Password, PasswordHash},
    session::Subject,
};

use super::{Error, Operator, end_sessions_of};
use crate::{
    change::Change,
    ports::{Conflict, HashError, HashProfile, StoredNode, UnusableHash},
};

/// A node with the secret it logs in with from now on, which is told this once.
pub struct NodeWithSecret {
    /// The node.
    pub node: Node,
    /// The secret.
    pub secret: OpaqueToken,
}

impl Operator {
    /// Registers a node.
    pub async fn add_node(&self, name: NodeName) -> Result<NodeWithSecret, Error> {
        let (secret, current) = self.new_secret().await?;
        let at = self.ports.clock.now();
        let node = Node {
            id: NodeId::from_uuid(self.ports.ids.next()),
            name,
            created: at,
            last_successful_login: None,
            last_failed_login: None,
        };
        let added = Change::AddNode { node: node.clone(), secrets: NodeSecrets { current, previous: None } };
        match self.commit(vec![added, self.record(EventKind::NodeAdded, Some(Subject::Node(node.id)), at)]).await {
            Err(Error::Conflict(Conflict::NameTaken)) => Err(Error::NodeNameTaken(node.name)),
            done => done.map(|()| NodeWithSecret { node, secret }),
        }
    }

    /// All nodes, in the order of their names.
    pub async fn nodes(&self) -> Result<Vec<Node>, Error> {
        Ok(self.ports.stores.nodes.all().await?)
    }

    /// One node.
    pub async fn node(&self, name: NodeName) -> Result<Node, Error> {
        Ok(self.named_node(name).await?.node)
    }

    /// Gives a node a new secret. The present one stays good for `grace`; sessions stay.
    pub async fn rotate_node(&self, name: NodeName, grace: Duration) -> Result<NodeWithSecret, Error> {
        let StoredNode { node, secrets, revision, .. } = self.named_node(name).await?;
        let (secret, current) = self.new_secret().await?;
        let at = self.ports.clock.now();
        self.commit(vec![
            Change::ExpectNode { node: node.id, revision },
            Change::SetNodeSecrets { node: node.id, secrets: secrets.rotated(current, at, grace) },
            self.record(EventKind::NodeRotated, Some(Subject::Node(node.id)), at),
        ])
        .await?;
        Ok(NodeWithSecret { node, secret })
    }

    /// Removes a node, and ends its sessions. Answers which it was.
    pub async fn remove_node(&self, name: NodeName) -> Result<Node, Error> {
        let node = self.gone_or(self.named_node(name).await).await?.node;
        let (subject, at) = (Subject::Node(node.id), self.ports.clock.now());
        self.commit(vec![
            Change::RemoveNode { node: node.id },
            end_sessions_of(subject, at),
            self.record(EventKind::NodeRemoved, Some(subject), at),
        ])
        .await?;
        Ok(node)
    }

    async fn named_node(&self, name: NodeName) -> Result<StoredNode, Error> {
        let found = self.ports.stores.nodes.find(&NodeRef::Name(name.clone())).await?;
        found.ok_or(Error::UnknownNode(name))
    }

    async fn new_secret(&self) -> Result<(OpaqueToken, PasswordHash), Error> {
        let secret = self.ports.tokens.mint();
        // A token is never empty nor longer than a password may be.
        let password = Password::parse(secret.expose()).map_err(|_| HashError::from(UnusableHash::UnknownFormat))?;
        let hash = self.ports.hasher.hash(&password, HashProfile::Fast).await?;
        Ok((secret, hash))
    }
}
