//! Users: reads and writes.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbErr, EntityTrait, ExprTrait, IdenStatic,
    QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select, Set, UpdateMany,
    sea_query::{Expr, Func, Query, SimpleExpr, UnionType},
};
use vestibule_application::ports::{CommitError, Conflict, KeyKind, StoreError, StoredUser, UserStore};
use vestibule_domain::{
    network::{KnownNetworks, Network},
    rights::RoleName,
    secret::PasswordHash,
    time::Timestamp,
    user::{LoginKey, Profile, TimeZoneName, User, UserId},
};

use super::{
    SeaOrmStore,
    entities::{
        login_token,
        user::{self, Column, Entity},
        user_key,
    },
    installation,
    mapping::{
        HashColumn, all, by_column, delete, first, found, insert, is_there, met, moving_forward, networks_column,
        only_networks, padded, update, words_column,
    },
    reader::Found,
};

#[async_trait]
impl UserStore for SeaOrmStore {
    async fn by_key(&self, key: &LoginKey, kind: KeyKind) -> Result<Option<StoredUser>, StoreError> {
        self.shared.owners.read((key.clone(), kind)).await
    }

    async fn by_id(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        first(&self.reads, Entity::find_by_id(id.as_uuid())).await
    }

    async fn profile(&self, id: UserId) -> Result<Option<Arc<User>>, StoreError> {
        self.shared.profiles.read(id).await
    }

    async fn page(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        let page = Entity::find()
            .apply_if(after, |rows, after| rows.filter(Column::Id.gt(after.as_uuid())))
            .order_by_asc(Column::Id)
            .limit(u64::from(limit));
        Ok(all(&self.reads, page).await?.into_iter().map(|stored| stored.user).collect())
    }
}

/// The users of these ids, without what is for logging in.
pub(super) async fn profiles(db: DatabaseConnection, ids: Vec<UserId>) -> Result<Found<UserId, Arc<User>>, DbErr> {
    let ids = padded(ids.into_iter().map(UserId::as_uuid).collect());
    let found = by_column(&db, Entity::find().filter(Column::Id.is_in(ids)), Column::Id).await?;
    let profile = |stored: StoredUser| Arc::new(stored.user);
    Ok(found.into_iter().map(|(id, stored)| (UserId::from_uuid(id), stored.map(profile))).collect())
}

/// Whose these keys are as what they are asked for. Keys of all kinds share a statement: what a key is, its row says.
pub(super) async fn owners(
    db: DatabaseConnection,
    asked: Vec<(LoginKey, KeyKind)>,
) -> Result<Found<(LoginKey, KeyKind), StoredUser>, DbErr> {
    let rows = rows_for(asked.iter().map(|(key, _)| key).collect());
    let mut owners = HashMap::new();
    for row in db.query_all_raw(rows.build(db.get_database_backend())).await? {
        let stored = found::<Entity>(&row);
        // Whatever is wrong with somebody's who was not asked for is its owner's affair.
        if let Some(key) = row.try_get::<Option<String>>("", user_key::Column::Key.as_str())? {
            let is = |what: user_key::Column| row.try_get("", what.as_str()).unwrap_or(false);
            owners.insert(key, (is(user_key::Column::IsLogin), is(user_key::Column::IsEmail), stored));
        }
    }
    let owner = |(key, kind): (LoginKey, KeyKind)| {
        let (is_login, is_email, stored) = owners.get(key.as_str())?;
        let is_meant = match kind {
            KeyKind::Email => *is_email,
            KeyKind::Login => *is_login,
            KeyKind::Any => true,
        };
        is_meant.then(|| ((key, kind), stored.clone()))
    };
    Ok(asked.into_iter().filter_map(owner).collect())
}

/// A user's row for each of these keys, beside the key's own if anybody has it.
///
/// To read a row takes time, and a login is not to tell by it whether anybody has its key: else somebody's is read. Keys
/// are filled up, for few different statements, with what is none, so that for it nothing is looked up.
fn rows_for(keys: Vec<&LoginKey>) -> Select<Entity> {
    let many = keys.len().next_power_of_two();
    let mut keys = keys.into_iter().map(|key| key.as_str().to_owned());
    let mut each = (0..many).map(|_| Query::select().expr_as(Expr::val(keys.next()), "key").take());
    let mut asked = each.next().unwrap_or_default();
    asked.unions(each.map(|key| (UnionType::All, key)));
    let key = Expr::col(("asked", "key"));
    let anybody = Expr::from(Entity::find().select_only().column(Column::Id).limit(1).into_query());
    let owner = Func::coalesce([user_key::Column::UserId.into_expr(), anybody]);
    let mut rows = Entity::find()
        .column(user_key::Column::Key)
        .column(user_key::Column::IsLogin)
        .column(user_key::Column::IsEmail)
        .filter(key.clone().is_not_null());
    QueryTrait::query(&mut rows)
        .from_clear()
        .from_subquery(asked, "asked")
        .left_join(user_key::Entity, user_key::Column::Key.into_expr().eq(key))
        .inner_join(Entity, Column::Id.into_expr().eq(owner));
    rows
}

pub(super) async fn add(tx: &DatabaseTransaction, user: User, password: PasswordHash) -> Result<(), CommitError> {
    let stored = StoredUser { user, password: Some(password), revision: 0, networks: KnownNetworks::default() };
    insert(tx, user::row(&stored), Conflict::LoginTaken).await?;
    for (key, taken) in keys(&stored.user).into_iter().zip([Conflict::LoginTaken, Conflict::EmailTaken]) {
        insert(tx, key, taken).await?;
    }
    installation::close(tx, stored.user.created).await
}

/// The rows of a user's keys: the login name's, and the address's if that is spelt otherwise.
pub(super) fn keys(user: &User) -> Vec<user_key::ActiveModel> {
    let (login, email) = (user.login.key(), user.email.key());
    let row = |key: &LoginKey| user_key::ActiveModel {
        key: Set(key.as_str().to_owned()),
        user_id: Set(user.id.as_uuid()),
        is_login: Set(*key == login),
        is_email: Set(*key == email),
    };
    if email == login { vec![row(&login)] } else { vec![row(&login), row(&email)] }
}

pub(super) async fn expect(tx: &DatabaseTransaction, id: UserId, revision: u32) -> Result<(), CommitError> {
    let row = Entity::find_by_id(id.as_uuid()).filter(Column::Revision.eq(i64::from(revision))).lock_exclusive();
    if is_there(tx, row).await? { Ok(()) } else { Err(Conflict::SubjectChanged.into()) }
}

/// Sets columns of a user.
async fn set<const N: usize>(
    tx: &DatabaseTransaction,
    id: UserId,
    columns: [(Column, SimpleExpr); N],
) -> Result<(), CommitError> {
    let rows = Entity::update_many().filter(Column::Id.eq(id.as_uuid()));
    let rows = columns.into_iter().fold(rows, |rows, (column, value)| rows.col_expr(column, value));
    met(update(tx, rows).await?, Conflict::Missing)
}

fn next_revision() -> (Column, SimpleExpr) {
    (Column::Revision, Expr::col(Column::Revision).add(1))
}

fn hash(password: &PasswordHash) -> (Column, SimpleExpr) {
    (Column::Password, Expr::value(HashColumn::from(password)))
}

pub(super) async fn set_password(
    tx: &DatabaseTransaction,
    id: UserId,
    password: &PasswordHash,
) -> Result<(), CommitError> {
    remove_login_tokens(tx, id).await?;
    let none_known = (Column::Networks, Expr::value(networks_column(&KnownNetworks::default())));
    set(tx, id, [hash(password), none_known, next_revision()]).await
}

pub(super) async fn replace_hash(
    tx: &DatabaseTransaction,
    id: UserId,
    password: &PasswordHash,
) -> Result<(), CommitError> {
    set(tx, id, [hash(password)]).await
}

pub(super) async fn set_disabled(tx: &DatabaseTransaction, id: UserId, disabled: bool) -> Result<(), CommitError> {
    remove_login_tokens(tx, id).await?;
    set(tx, id, [(Column::Disabled, disabled.into()), next_revision()]).await
}

pub(super) async fn set_profile(
    tx: &DatabaseTransaction,
    id: UserId,
    profile: &Profile,
    time_zone: &TimeZoneName,
) -> Result<(), CommitError> {
    let rows = Entity::update_many().filter(Column::Id.eq(id.as_uuid()));
    let rows = rows.set(user::profile_columns(profile, time_zone)).col_expr(next_revision().0, next_revision().1);
    met(update(tx, rows).await?, Conflict::Missing)
}

pub(super) async fn change_roles(
    tx: &DatabaseTransaction,
    id: UserId,
    change: impl FnOnce(&mut BTreeSet<RoleName>) -> bool,
) -> Result<(), CommitError> {
    let found: Option<StoredUser> = first(tx, Entity::find_by_id(id.as_uuid()).lock_exclusive()).await?;
    let mut roles = found.ok_or(Conflict::Missing)?.user.roles;
    if !change(&mut roles) {
        return Ok(());
    }
    set(tx, id, [(Column::Roles, words_column(roles.iter().map(RoleName::as_str)).into())]).await
}

pub(super) async fn remove(tx: &DatabaseTransaction, id: UserId) -> Result<(), CommitError> {
    remove_login_tokens(tx, id).await?;
    let id = id.as_uuid();
    delete(tx, user_key::Entity::delete_many().filter(user_key::Column::UserId.eq(id))).await?;
    met(delete(tx, Entity::delete_many().filter(Column::Id.eq(id))).await?, Conflict::Missing)
}

async fn remove_login_tokens(tx: &DatabaseTransaction, user: UserId) -> Result<(), CommitError> {
    let theirs = login_token::Column::UserId.eq(user.as_uuid());
    delete(tx, login_token::Entity::delete_many().filter(theirs)).await?;
    Ok(())
}

/// Notes a login.
pub(super) fn login(id: UserId, at: Timestamp, succeeded: bool) -> UpdateMany<Entity> {
    let column = if succeeded { Column::LastSuccessfulLogin } else { Column::LastFailedLogin };
    moving_forward(Entity::update_many().filter(Column::Id.eq(id.as_uuid())), column, at)
}

pub(super) async fn know_network(
    tx: &DatabaseTransaction,
    id: UserId,
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
