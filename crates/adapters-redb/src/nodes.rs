//! Nodes: reads and writes.

use async_trait::async_trait;
use redb::{TableDefinition, WriteTransaction};
use vestibule_application::ports::{CommitError, Conflict, NodeStore, StoreError, StoredNode};
use vestibule_domain::{
    network::Network,
    node::{Node, NodeId, NodeRef, NodeSecrets},
    time::Timestamp,
};

use crate::{
    RedbStore,
    rows::{self, Kept},
    tables::{self, Reads, demand},
};

/// Which node has a name.
const NAMES: TableDefinition<&str, u128> = TableDefinition::new("node_names");

#[async_trait]
impl NodeStore for RedbStore {
    async fn find(&self, node: &NodeRef) -> Result<Option<StoredNode>, StoreError> {
        self.look(|tx| match node {
            NodeRef::Id(id) => rows::get(tx, number(*id)),
            NodeRef::Name(name) => {
                let id = tables::get(tx, NAMES, name.as_str(), |id| id)?;
                id.map(|id| rows::indexed(tx, id)).transpose()
            }
        })
    }

    async fn all(&self) -> Result<Vec<Node>, StoreError> {
        let by_name =
            |tx: &_| tables::scan(tx, NAMES, .., u32::MAX, |_, id| Ok(Some(rows::indexed::<StoredNode>(tx, id)?.node)));
        self.list(by_name).await
    }
}

pub(crate) fn make_indexes(tx: &WriteTransaction) -> Result<(), StoreError> {
    tx.table(NAMES).map(drop)
}

pub(crate) fn add(tx: &WriteTransaction, stored: &StoredNode) -> Result<(), CommitError> {
    demand(!tables::has(tx, StoredNode::TABLE, stored.key())?, Conflict::NameTaken)?;
    demand(tables::put(tx, NAMES, stored.node.name.as_str(), stored.key())?, Conflict::NameTaken)?;
    rows::put(tx, stored)?;
    Ok(())
}

pub(crate) fn expect(tx: &WriteTransaction, node: NodeId, revision: u32) -> Result<(), CommitError> {
    let stored = rows::get::<StoredNode>(tx, number(node))?;
    demand(stored.is_some_and(|stored| stored.revision == revision), Conflict::SubjectChanged)
}

pub(crate) fn set_secrets(tx: &WriteTransaction, node: NodeId, secrets: NodeSecrets) -> Result<(), CommitError> {
    let found = rows::change(tx, number(node), |stored: &mut StoredNode| {
        stored.secrets = secrets;
        stored.revision += 1;
    })?;
    demand(found, Conflict::Missing)
}

pub(crate) fn remove_known(tx: &WriteTransaction, node: NodeId) -> Result<(), CommitError> {
    let stored = rows::get(tx, number(node))?.ok_or(Conflict::Missing)?;
    remove(tx, &stored)?;
    Ok(())
}

pub(crate) fn remove(tx: &WriteTransaction, stored: &StoredNode) -> Result<(), StoreError> {
    tables::remove(tx, NAMES, stored.node.name.as_str())?;
    tables::remove(tx, StoredNode::TABLE, stored.key()).map(drop)
}

pub(crate) fn record_login(
    tx: &WriteTransaction,
    node: NodeId,
    at: Timestamp,
    succeeded: bool,
) -> Result<(), StoreError> {
    rows::change(tx, number(node), |StoredNode { node, .. }| {
        let noted = if succeeded { &mut node.last_successful_login } else { &mut node.last_failed_login };
        // `None` is less than any time.
        *noted = (*noted).max(Some(at));
    })?;
    Ok(())
}

pub(crate) fn know_network(
    tx: &WriteTransaction,
    node: NodeId,
    network: Network,
    at: Timestamp,
) -> Result<(), StoreError> {
    rows::change(tx, number(node), |stored: &mut StoredNode| {
        stored.networks.note(network, at);
    })?;
    Ok(())
}

fn number(id: NodeId) -> u128 {
    id.as_uuid().as_u128()
}
