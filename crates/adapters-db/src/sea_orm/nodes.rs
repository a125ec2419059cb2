//! Nodes: reads and writes.

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, QueryFilter, QueryOrder, QuerySelect, UpdateMany,
    sea_query::Expr,
};
use vestibule_application::ports::{CommitError, Conflict, NodeStore, StoreError, StoredNode};
use vestibule_domain::{
    network::{KnownNetworks, Network},
    node::{Node, NodeId, NodeRef, NodeSecrets},
    time::Timestamp,
};

use super::{
    SeaOrmStore,
    entities::node::{self, Column, Entity},
    mapping::{all, delete, first, insert, is_there, met, moving_forward, networks_column, only_networks, update},
};

#[async_trait]
impl NodeStore for SeaOrmStore {
    async fn find(&self, node: &NodeRef) -> Result<Option<StoredNode>, StoreError> {
        let is_meant = match node {
            NodeRef::Id(id) => Column::Id.eq(id.as_uuid()),
            NodeRef::Name(name) => Column::Name.eq(name.as_str()),
        };
        first(&self.reads, Entity::find().filter(is_meant)).await
    }

    async fn all(&self) -> Result<Vec<Node>, StoreError> {
        let nodes = all(&self.reads, Entity::find().order_by_asc(Column::Name)).await?;
        Ok(nodes.into_iter().map(|stored| stored.node).collect())
    }
}

pub(super) async fn add(tx: &DatabaseTransaction, node: Node, secrets: NodeSecrets) -> Result<(), CommitError> {
    insert(
        tx,
        node::row(&StoredNode { node, secrets, revision: 0, networks: KnownNetworks::default() }),
        Conflict::NameTaken,
    )
    .await
}

pub(super) async fn expect(tx: &DatabaseTransaction, id: NodeId, revision: u32) -> Result<(), CommitError> {
    let row = Entity::find_by_id(id.as_uuid()).filter(Column::Revision.eq(i64::from(revision))).lock_exclusive();
    if is_there(tx, row).await? { Ok(()) } else { Err(Conflict::SubjectChanged.into()) }
}

pub(super) async fn set_secrets(
    tx: &DatabaseTransaction,
    id: NodeId,
    secrets: &NodeSecrets,
) -> Result<(), CommitError> {
    let rows = Entity::update_many()
        .set(node::secret_columns(secrets))
        .col_expr(Column::Revision, Expr::col(Column::Revision).add(1))
        .filter(Column::Id.eq(id.as_uuid()));
    met(update(tx, rows).await?, Conflict::Missing)
}

pub(super) async fn remove(tx: &DatabaseTransaction, id: NodeId) -> Result<(), CommitError> {
    met(delete(tx, Entity::delete_many().filter(Column::Id.eq(id.as_uuid()))).await?, Conflict::Missing)
}

/// Notes a login.
pub(super) fn login(id: NodeId, at: Timestamp, succeeded: bool) -> UpdateMany<Entity> {
    let column = if succeeded { Column::LastSuccessfulLogin } else { Column::LastFailedLogin };
    moving_forward(Entity::update_many().filter(Column::Id.eq(id.as_uuid())), column, at)
}

pub(super) async fn know_network(
    tx: &DatabaseTransaction,
    id: NodeId,
    network: Network,
    at: Timestamp,
) -> Result<(), CommitError> {
    let row = Entity::find_by_id(id.as_uuid()).lock_exclusive();
    let Some(mut networks) = only_networks(tx, row, Column::Networks).await? else { return Ok(()) };
    if networks.note(network, at) {
        let noted = Expr::value(networks_column(&networks));
        let rows = Entity::update_many().filter(Column::Id.eq(id.as_uuid())).col_expr(Column::Networks, noted);
        update(tx, rows).await?;
    }
    Ok(())
}
