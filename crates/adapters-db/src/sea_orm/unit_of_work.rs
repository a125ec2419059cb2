//! Transactions.

#[cfg(any(feature = "postgres", feature = "mysql", feature = "unguarded", test))]
pub(super) mod apart;
mod script;
#[cfg(feature = "unguarded")]
mod unguarded;

use std::{error::Error, pin::Pin};

use async_trait::async_trait;
use sea_orm::{DatabaseConnection, DatabaseTransaction, SqliteTransactionMode, TransactionOptions};
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Conflict, StoreError, UnitOfWork},
};
use vestibule_domain::session::Subject;

#[cfg(feature = "sqlite")]
use super::writer::Writer;
use super::{SeaOrmStore, clients, error::unavailable, forms, login_tokens, messages, nodes, roles, sessions, users};

pub(super) use self::script::Script;
#[cfg(feature = "unguarded")]
pub use self::unguarded::Unguarded;

/// On SQLite a transaction that begins by reading may find, when it comes to write, that another was first, and fail.
/// One that begins as a write waits for its turn.
pub(super) const WRITE: TransactionOptions = TransactionOptions {
    isolation_level: None,
    access_mode: None,
    sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
};

/// What is done within a transaction.
pub(super) type Work<'a, T, E> = Pin<Box<dyn Future<Output = Result<T, E>> + Send + 'a>>;

/// How transactions are made.
#[derive(Clone)]
pub(super) enum Writes {
    /// Many units in one: the database takes one at a time.
    #[cfg(feature = "sqlite")]
    Together(Writer),
    /// Each unit in its own: the database takes many at a time, and lets them wait for its disk together.
    #[cfg(any(feature = "postgres", feature = "mysql"))]
    Apart(DatabaseConnection),
}

impl Writes {
    pub(super) fn connection(&self) -> &DatabaseConnection {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Together(writer) => writer.connection(),
            #[cfg(any(feature = "postgres", feature = "mysql"))]
            Self::Apart(connection) => connection,
        }
    }
}

impl SeaOrmStore {
    /// Runs `work`, all or nothing: what it wrote is there if it succeeds, durably, and is not if it fails. It may run
    /// more than once.
    ///
    /// It runs in a task of its own. The caller's future is dropped when a client hangs up, and a transaction dropped
    /// half-way through its beginning could stay open on its connection and swallow what others write there later.
    pub(super) async fn write<T, E>(
        &self,
        work: impl for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, T, E> + Send + Sync + 'static,
    ) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Error + Send + 'static,
    {
        let made = self.writes.clone();
        let task = tokio::spawn(async move {
            match made {
                #[cfg(feature = "sqlite")]
                Writes::Together(writer) => writer.run(work).await,
                #[cfg(any(feature = "postgres", feature = "mysql"))]
                Writes::Apart(connection) => apart::until_not_broken_off(&connection, &work).await,
            }
        });
        task.await.unwrap_or_else(|lost| Err(unavailable(lost).into()))
    }
}

#[async_trait]
impl UnitOfWork for SeaOrmStore {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        if changes.is_empty() {
            return Ok(Committed::default());
        }
        self.write(move |tx| Box::pin(apply_all(tx, changes.clone()))).await
    }
}

pub(super) async fn apply_all(tx: &DatabaseTransaction, changes: Vec<Change>) -> Result<Committed, CommitError> {
    let mut script = Script::new(tx);
    for change in changes {
        apply(&mut script, change).await?;
    }
    script.run().await?;
    Ok(Committed { newest: script.newest() })
}

async fn apply(script: &mut Script<'_>, change: Change) -> Result<(), CommitError> {
    let can_wait = matches!(change, Change::BeginSession { .. } | Change::RecordLogin { .. } | Change::Record(_));
    if !can_wait {
        script.run().await?;
    }
    let tx = script.transaction();
    match change {
        Change::BeginSession { session, digest } => {
            script.insert(sessions::beginning(&session, &digest), Conflict::SessionExists).await
        }
        Change::RecordLogin { subject, at, succeeded } => match subject {
            Subject::User(user) => script.add(users::login(user, at, succeeded)).await,
            Subject::Node(node) => script.add(nodes::login(node, at, succeeded)).await,
            Subject::Anonymous | Subject::Setup => Ok(()),
        },
        Change::Record(event) => messages::record_in(script, event).await,
        Change::SaveSession { session, expected_epoch } => sessions::save(tx, session, expected_epoch).await,
        Change::EndSession { id, ending } => sessions::end(tx, id, ending).await,
        Change::EndSessionsOf { subject, ending } => sessions::end_all_of(tx, subject, ending).await,
        Change::TouchSessions(seen) => sessions::touch(tx, &seen).await,
        Change::AddUser { user, password } => users::add(tx, user, password).await,
        Change::ExpectUser { user, revision } => users::expect(tx, user, revision).await,
        Change::SetPassword { user, password } => users::set_password(tx, user, &password).await,
        Change::ReplaceHash { user, password } => users::replace_hash(tx, user, &password).await,
        Change::SetDisabled { user, disabled } => users::set_disabled(tx, user, disabled).await,
        Change::SetProfile { user, profile, time_zone } => users::set_profile(tx, user, &profile, &time_zone).await,
        Change::GrantRole { user, role } => users::change_roles(tx, user, |roles| roles.insert(role)).await,
        Change::WithdrawRole { user, role } => users::change_roles(tx, user, |roles| roles.remove(&role)).await,
        Change::RemoveUser { user } => users::remove(tx, user).await,
        Change::KnowNetwork { subject, network, at } => match subject {
            Subject::User(user) => users::know_network(tx, user, network, at).await,
            Subject::Node(node) => nodes::know_network(tx, node, network, at).await,
            Subject::Anonymous | Subject::Setup => Ok(()),
        },
        Change::AddRole(name) => roles::add(tx, name).await,
        Change::PutRole(role) => roles::put(tx, &role).await,
        Change::ReplaceRole { role, read } => roles::replace(tx, &role, read.as_ref()).await,
        Change::AddNode { node, secrets } => nodes::add(tx, node, secrets).await,
        Change::ExpectNode { node, revision } => nodes::expect(tx, node, revision).await,
        Change::SetNodeSecrets { node, secrets } => nodes::set_secrets(tx, node, &secrets).await,
        Change::RemoveNode { node } => nodes::remove(tx, node).await,
        Change::AddClient { client, digest } => clients::add(tx, &client, &digest).await,
        Change::RevokeClient { client, at } => clients::revoke(tx, client, at).await,
        Change::PutForm(form) => forms::put(tx, &form).await,
        Change::ReplaceForm { form, read } => forms::replace(tx, &form, read.as_ref()).await,
        Change::RemoveForm(name) => forms::remove(tx, &name).await,
        Change::AddLoginToken(token) => login_tokens::add(tx, &token).await,
        Change::SpendLoginToken(digest) => login_tokens::spend(tx, &digest).await,
    }
}
