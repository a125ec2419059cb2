//! API clients.

use std::collections::BTreeSet;

use sea_orm::Set;
use sea_orm::entity::prelude::*;
use vestibule_domain::{
    client::{Client, ClientId, ClientName, Scope},
    secret::Digest,
    time::Timestamp,
};

use crate::sea_orm::mapping::{Table, digest_column, millis, time, words, words_column};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "clients")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub name: String,
    pub digest: Vec<u8>,
    pub created: i64,
    pub expires: Option<i64>,
    pub revoked: Option<i64>,
    pub scopes: Option<String>,
}

/// The row of a client.
pub(crate) fn row(client: &Client, digest: &Digest) -> ActiveModel {
    ActiveModel {
        id: Set(client.id.as_uuid()),
        name: Set(client.name.as_str().to_owned()),
        digest: Set(digest_column(digest)),
        created: Set(client.created.as_millis()),
        expires: Set(millis(client.expires)),
        revoked: Set(millis(client.revoked)),
        scopes: Set(client.is_operator().then(|| words_column(client.scopes.iter().map(|scope| scope.as_str())))),
    }
}

impl Table for Entity {
    type Value = Client;
    const KIND: &'static str = "client";

    fn value(row: Model) -> Option<Client> {
        Some(Client {
            id: ClientId::from_uuid(row.id),
            name: ClientName::parse(&row.name).ok()?,
            created: Timestamp::from_millis(row.created),
            expires: time(row.expires),
            revoked: time(row.revoked),
            scopes: row.scopes.map_or(Some(BTreeSet::new()), |scopes| words(&scopes, Scope::parse))?,
        })
    }
}
