//! Users: reads and writes.

use async_trait::async_trait;
use redb::{TableDefinition, WriteTransaction};
use vestibule_application::ports::{CommitError, Conflict, KeyKind, StoreError, StoredUser, UserStore};
use vestibule_domain::{
    network::Network,
    time::Timestamp,
    user::{LoginKey, User, UserId},
};

use crate::{
    RedbStore, installation, login_tokens,
    rows::{self, Kept},
    tables::{self, Reads, demand},
};

/// Which user has a key, be it as login name or as address: so the login name of one and the address of another cannot
/// be the same.
const KEYS: TableDefinition<&str, u128> = TableDefinition::new("user_keys");

#[async_trait]
impl UserStore for RedbStore {
    async fn by_key(&self, key: &LoginKey, kind: KeyKind) -> Result<Option<StoredUser>, StoreError> {
        let is_meant = |stored: &StoredUser| match kind {
            KeyKind::Email => stored.user.email.key() == *key,
            KeyKind::Login => stored.user.login.key() == *key,
            KeyKind::Any => true,
        };
        self.look(|tx| {
            let id = tables::get(tx, KEYS, key.as_str(), |id| id)?;
            let stored = id.map(|id| rows::indexed(tx, id)).transpose()?;
            Ok(stored.filter(is_meant))
        })
    }

    async fn by_id(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        self.look(|tx| rows::get(tx, number(id)))
    }

    async fn page(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        let page = self.list(move |tx| rows::page::<StoredUser>(tx, after.map(number), limit)).await?;
        Ok(page.into_iter().map(|stored| stored.user).collect())
    }
}

pub(crate) fn make_indexes(tx: &WriteTransaction) -> Result<(), StoreError> {
    tx.table(KEYS).map(drop)
}

/// Adds a user, whose coming closes the latch.
pub(crate) fn come_in(tx: &WriteTransaction, stored: &StoredUser) -> Result<(), CommitError> {
    installation::close(tx, stored.user.created)?;
    add(tx, stored)
}

pub(crate) fn add(tx: &WriteTransaction, stored: &StoredUser) -> Result<(), CommitError> {
    let (login, email) = (stored.user.login.key(), stored.user.email.key());
    demand(!tables::has(tx, StoredUser::TABLE, stored.key())?, Conflict::LoginTaken)?;
    demand(tables::put(tx, KEYS, login.as_str(), stored.key())?, Conflict::LoginTaken)?;
    if email != login {
        demand(tables::put(tx, KEYS, email.as_str(), stored.key())?, Conflict::EmailTaken)?;
    }
    rows::put(tx, stored)?;
    Ok(())
}

pub(crate) fn expect(tx: &WriteTransaction, user: UserId, revision: u32) -> Result<(), CommitError> {
    let stored = rows::get::<StoredUser>(tx, number(user))?;
    demand(stored.is_some_and(|stored| stored.revision == revision), Conflict::SubjectChanged)
}

pub(crate) fn change(
    tx: &WriteTransaction,
    user: UserId,
    change: impl FnOnce(&mut StoredUser),
) -> Result<(), CommitError> {
    demand(rows::change(tx, number(user), change)?, Conflict::Missing)
}

/// Changes what lets a user in: the revision moves on, and login tokens that were issued before are gone.
pub(crate) fn change_credentials(
    tx: &WriteTransaction,
    user: UserId,
    credentials: impl FnOnce(&mut StoredUser),
) -> Result<(), CommitError> {
    login_tokens::remove_all_of(tx, user)?;
    change(tx, user, |stored| {
        credentials(stored);
        stored.revision += 1;
    })
}

pub(crate) fn remove_with_tokens(tx: &WriteTransaction, user: UserId) -> Result<(), CommitError> {
    let stored = rows::get(tx, number(user))?.ok_or(Conflict::Missing)?;
    login_tokens::remove_all_of(tx, user)?;
    remove(tx, &stored)?;
    Ok(())
}

pub(crate) fn remove(tx: &WriteTransaction, stored: &StoredUser) -> Result<(), StoreError> {
    for key in stored.user.keys() {
        tables::remove(tx, KEYS, key.as_str())?;
    }
    tables::remove(tx, StoredUser::TABLE, stored.key()).map(drop)
}

pub(crate) fn record_login(
    tx: &WriteTransaction,
    user: UserId,
    at: Timestamp,
    succeeded: bool,
) -> Result<(), StoreError> {
    rows::change(tx, number(user), |StoredUser { user, .. }| {
        let noted = if succeeded { &mut user.last_successful_login } else { &mut user.last_failed_login };
        // `None` is less than any time.
        *noted = (*noted).max(Some(at));
    })?;
    Ok(())
}

pub(crate) fn know_network(
    tx: &WriteTransaction,
    user: UserId,
    network: Network,
    at: Timestamp,
) -> Result<(), StoreError> {
    rows::change(tx, number(user), |stored: &mut StoredUser| {
        stored.networks.note(network, at);
    })?;
    Ok(())
}

fn number(id: UserId) -> u128 {
    id.as_uuid().as_u128()
}
