//! API clients: reads and writes.

use async_trait::async_trait;
use redb::{TableDefinition, WriteTransaction};
use vestibule_application::ports::{ClientStore, CommitError, Conflict, StoreError};
use vestibule_domain::{
    client::{Client, ClientId, ClientName},
    secret::Digest,
    time::Timestamp,
};

use crate::{
    RedbStore,
    rows::{self, Kept, WithDigest},
    tables::{self, Reads, demand},
};

type KeptClient = WithDigest<Client>;

/// Which client's token has a digest.
const DIGESTS: TableDefinition<&[u8; 32], u128> = TableDefinition::new("client_digests");
/// Which client has a name.
const NAMES: TableDefinition<&str, u128> = TableDefinition::new("client_names");

#[async_trait]
impl ClientStore for RedbStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Client>, StoreError> {
        self.look(|tx| of(tx, tables::get(tx, DIGESTS, digest.as_bytes(), |id| id)?))
    }

    async fn by_name(&self, name: &ClientName) -> Result<Option<Client>, StoreError> {
        self.look(|tx| of(tx, tables::get(tx, NAMES, name.as_str(), |id| id)?))
    }

    async fn all(&self) -> Result<Vec<Client>, StoreError> {
        self.list(|tx| tables::scan(tx, NAMES, .., u32::MAX, |_, id| of(tx, Some(id)))).await
    }
}

fn of(tx: &impl Reads, id: Option<u128>) -> Result<Option<Client>, StoreError> {
    id.map(|id| Ok(rows::indexed::<KeptClient>(tx, id)?.bearer)).transpose()
}

pub(crate) fn make_indexes(tx: &WriteTransaction) -> Result<(), StoreError> {
    tx.table(DIGESTS)?;
    tx.table(NAMES).map(drop)
}

pub(crate) fn add(tx: &WriteTransaction, kept: &KeptClient) -> Result<(), CommitError> {
    demand(!tables::has(tx, KeptClient::TABLE, kept.key())?, Conflict::NameTaken)?;
    demand(tables::put(tx, NAMES, kept.bearer.name.as_str(), kept.key())?, Conflict::NameTaken)?;
    demand(tables::put(tx, DIGESTS, kept.digest.as_bytes(), kept.key())?, Conflict::NameTaken)?;
    rows::put(tx, kept)?;
    Ok(())
}

pub(crate) fn remove(tx: &WriteTransaction, kept: &KeptClient) -> Result<(), StoreError> {
    tables::remove(tx, NAMES, kept.bearer.name.as_str())?;
    tables::remove(tx, DIGESTS, kept.digest.as_bytes())?;
    tables::remove(tx, KeptClient::TABLE, kept.key()).map(drop)
}

pub(crate) fn revoke(tx: &WriteTransaction, client: ClientId, at: Timestamp) -> Result<(), CommitError> {
    let found = rows::change(tx, client.as_uuid().as_u128(), |kept: &mut KeptClient| {
        kept.bearer.revoked.get_or_insert(at);
    })?;
    demand(found, Conflict::Missing)
}
