//! Login tokens: reads and writes.

use async_trait::async_trait;
use redb::{TableDefinition, WriteTransaction};
use vestibule_application::ports::{CommitError, Conflict, LoginTokenStore, StoreError};
use vestibule_domain::{login_token::LoginToken, secret::Digest, time::Timestamp, user::UserId};

use crate::{
    RedbStore,
    rows::{self, Kept},
    tables::{self, Reads, demand},
};

/// Which tokens let a user in.
const USERS: TableDefinition<(u128, &[u8; 32]), ()> = TableDefinition::new("login_token_users");
/// Which tokens expire when.
const EXPIRIES: TableDefinition<(i64, &[u8; 32]), ()> = TableDefinition::new("login_token_expiries");

const FIRST: &[u8; 32] = &[0; 32];
const LAST: &[u8; 32] = &[u8::MAX; 32];

#[async_trait]
impl LoginTokenStore for RedbStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<LoginToken>, StoreError> {
        self.look(|tx| rows::get(tx, digest.as_bytes()))
    }
}

pub(crate) fn make_indexes(tx: &WriteTransaction) -> Result<(), StoreError> {
    tx.table(USERS)?;
    tx.table(EXPIRIES).map(drop)
}

pub(crate) fn add(tx: &WriteTransaction, token: &LoginToken) -> Result<(), CommitError> {
    demand(!tables::has(tx, LoginToken::TABLE, token.key())?, Conflict::TokenSpent)?;
    tables::put(tx, USERS, user_key(token), ())?;
    tables::put(tx, EXPIRIES, expiry_key(token), ())?;
    rows::put(tx, token)?;
    Ok(())
}

pub(crate) fn spend(tx: &WriteTransaction, digest: &Digest) -> Result<(), CommitError> {
    let token = rows::get(tx, digest.as_bytes())?.ok_or(Conflict::TokenSpent)?;
    remove(tx, &token)?;
    Ok(())
}

pub(crate) fn remove_all_of(tx: &WriteTransaction, user: UserId) -> Result<(), StoreError> {
    let user = user.as_uuid().as_u128();
    let tokens =
        tables::scan(tx, USERS, (user, FIRST)..=(user, LAST), u32::MAX, |(_, digest), ()| indexed(tx, digest))?;
    tokens.iter().try_for_each(|token| remove(tx, token))
}

/// Forgets at most `limit` tokens that expired before `before`, and says how many.
pub(crate) fn forget(tx: &WriteTransaction, before: Timestamp, limit: u32) -> Result<usize, StoreError> {
    let past = (i64::MIN, FIRST)..(before.as_millis(), FIRST);
    let tokens = tables::scan(tx, EXPIRIES, past, limit, |(_, digest), ()| indexed(tx, digest))?;
    tokens.iter().try_for_each(|token| remove(tx, token))?;
    Ok(tokens.len())
}

fn indexed(tx: &WriteTransaction, digest: &[u8; 32]) -> Result<Option<LoginToken>, StoreError> {
    rows::indexed(tx, digest).map(Some)
}

pub(crate) fn remove(tx: &WriteTransaction, token: &LoginToken) -> Result<(), StoreError> {
    tables::remove(tx, USERS, user_key(token))?;
    tables::remove(tx, EXPIRIES, expiry_key(token))?;
    tables::remove(tx, LoginToken::TABLE, token.key()).map(drop)
}

fn user_key(token: &LoginToken) -> (u128, &[u8; 32]) {
    (token.user.as_uuid().as_u128(), token.key())
}

fn expiry_key(token: &LoginToken) -> (i64, &[u8; 32]) {
    (token.expires.as_millis(), token.key())
}
