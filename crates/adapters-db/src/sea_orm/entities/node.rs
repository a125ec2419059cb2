//! Nodes.

use sea_orm::Set;
use sea_orm::entity::prelude::*;
use vestibule_application::ports::StoredNode;
use vestibule_domain::{
    node::{Node, NodeId, NodeName, NodeSecrets},
    time::Timestamp,
};

use crate::sea_orm::mapping::{HashColumn, Table, millis, networks, networks_column, time};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub created: i64,
    pub last_successful_login: Option<i64>,
    pub last_failed_login: Option<i64>,
    pub current_secret: HashColumn,
    pub previous_secret: Option<HashColumn>,
    pub previous_until: Option<i64>,
    pub revision: i64,
    pub networks: Option<String>,
}

/// The row of a node.
pub(crate) fn row(stored: &StoredNode) -> ActiveModel {
    let StoredNode { node, secrets, revision, networks } = stored;
    ActiveModel {
        id: Set(node.id.as_uuid()),
        name: Set(node.name.as_str().to_owned()),
        created: Set(node.created.as_millis()),
        last_successful_login: Set(millis(node.last_successful_login)),
        last_failed_login: Set(millis(node.last_failed_login)),
        revision: Set((*revision).into()),
        networks: Set(networks_column(networks)),
        ..secret_columns(secrets)
    }
}

/// The columns that hold a node's secrets, and no others.
pub(crate) fn secret_columns(secrets: &NodeSecrets) -> ActiveModel {
    let previous = secrets.previous.as_ref();
    ActiveModel {
        current_secret: Set((&secrets.current).into()),
        previous_secret: Set(previous.map(|(hash, _)| hash.into())),
        previous_until: Set(previous.map(|(_, until)| until.as_millis())),
        ..<ActiveModel as ActiveModelTrait>::default()
    }
}

impl Table for Entity {
    type Value = StoredNode;
    const KIND: &'static str = "node";

    fn value(row: Model) -> Option<StoredNode> {
        let previous = match (row.previous_secret, row.previous_until) {
            (None, None) => None,
            (Some(hash), Some(until)) => Some((hash.into(), Timestamp::from_millis(until))),
            _ => return None,
        };
        Some(StoredNode {
            node: Node {
                id: NodeId::from_uuid(row.id),
                name: NodeName::parse(&row.name).ok()?,
                created: Timestamp::from_millis(row.created),
                last_successful_login: time(row.last_successful_login),
                last_failed_login: time(row.last_failed_login),
            },
            secrets: NodeSecrets { current: row.current_secret.into(), previous },
            revision: row.revision.try_into().ok()?,
            networks: networks(row.networks)?,
        })
    }
}
