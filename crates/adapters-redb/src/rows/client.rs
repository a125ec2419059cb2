//! API clients.

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_domain::{
    client::{Client, ClientId, ClientName, Scope},
    secret::Digest,
    time::Timestamp,
};

use super::{
    Kept, WithDigest,
    parts::{millis, time, words},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    id: String,
    name: String,
    digest: [u8; 32],
    created: i64,
    expires: Option<i64>,
    revoked: Option<i64>,
    #[serde(default)]
    scopes: Vec<String>,
}

impl Kept for WithDigest<Client> {
    type Key = u128;
    type Row = Row;
    const TABLE: TableDefinition<'static, u128, &'static [u8]> = TableDefinition::new("clients");
    const KIND: &'static str = "client";

    fn key(&self) -> u128 {
        self.bearer.id.as_uuid().as_u128()
    }

    fn row(&self) -> Row {
        Row {
            id: self.bearer.id.to_string(),
            name: self.bearer.name.as_str().to_owned(),
            digest: *self.digest.as_bytes(),
            created: self.bearer.created.as_millis(),
            expires: millis(self.bearer.expires),
            revoked: millis(self.bearer.revoked),
            scopes: self.bearer.scopes.iter().map(|scope| scope.as_str().to_owned()).collect(),
        }
    }

    fn read(row: Row) -> Option<Self> {
        let client = Client {
            id: ClientId::parse(&row.id)?,
            name: ClientName::parse(&row.name).ok()?,
            created: Timestamp::from_millis(row.created),
            expires: time(row.expires),
            revoked: time(row.revoked),
            scopes: words(&row.scopes, Scope::parse)?,
        };
        Some(Self { bearer: client, digest: Digest::new(row.digest) })
    }
}
