//! Nodes.

use std::collections::BTreeMap;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_application::ports::StoredNode;
use vestibule_domain::{
    node::{Node, NodeId, NodeName, NodeSecrets},
    secret::PasswordHash,
    time::Timestamp,
};

use super::{
    Kept,
    parts::{millis, networks, time, times},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    id: String,
    name: String,
    created: i64,
    last_successful_login: Option<i64>,
    last_failed_login: Option<i64>,
    current_secret: String,
    previous_secret: Option<PreviousPart>,
    revision: u32,
    #[serde(default)]
    networks: BTreeMap<String, i64>,
}

#[derive(Serialize, Deserialize)]
struct PreviousPart {
    secret: String,
    until: i64,
}

impl Kept for StoredNode {
    type Key = u128;
    type Row = Row;
    const TABLE: TableDefinition<'static, u128, &'static [u8]> = TableDefinition::new("nodes");
    const KIND: &'static str = "node";

    fn key(&self) -> u128 {
        self.node.id.as_uuid().as_u128()
    }

    fn row(&self) -> Row {
        let previous = |(secret, until): &(PasswordHash, Timestamp)| PreviousPart {
            secret: secret.expose().to_owned(),
            until: until.as_millis(),
        };
        Row {
            id: self.node.id.to_string(),
            name: self.node.name.as_str().to_owned(),
            created: self.node.created.as_millis(),
            last_successful_login: millis(self.node.last_successful_login),
            last_failed_login: millis(self.node.last_failed_login),
            current_secret: self.secrets.current.expose().to_owned(),
            previous_secret: self.secrets.previous.as_ref().map(previous),
            revision: self.revision,
            networks: times(&self.networks),
        }
    }

    fn read(row: Row) -> Option<Self> {
        let previous = |part: PreviousPart| (PasswordHash::new(part.secret), Timestamp::from_millis(part.until));
        Some(Self {
            node: Node {
                id: NodeId::parse(&row.id)?,
                name: NodeName::parse(&row.name).ok()?,
                created: Timestamp::from_millis(row.created),
                last_successful_login: time(row.last_successful_login),
                last_failed_login: time(row.last_failed_login),
            },
            secrets: NodeSecrets {
                current: PasswordHash::new(row.current_secret),
                previous: row.previous_secret.map(previous),
            },
            revision: row.revision,
            networks: networks(&row.networks)?,
        })
    }
}
