//! Changes, applied one by one in one transaction.

use async_trait::async_trait;
use redb::WriteTransaction;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Conflict, StoredNode, StoredUser, UnitOfWork},
};
use vestibule_domain::{
    form::FormConfiguration,
    network::{KnownNetworks, Network},
    rights::Role,
    session::Subject,
    time::Timestamp,
};

use crate::{
    RedbStore, clients, login_tokens, messages, nodes, roles,
    rows::{self, Kept, WithDigest},
    sessions,
    tables::{self, demand},
    users,
};

#[async_trait]
impl UnitOfWork for RedbStore {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        if changes.is_empty() {
            return Ok(Committed::default());
        }
        let done = self.write(|tx| {
            changes.into_iter().try_for_each(|change| apply(tx, change))?;
            Ok(Committed { newest: Some(messages::latest(tx)?) })
        });
        done.await
    }
}

fn apply(tx: &WriteTransaction, change: Change) -> Result<(), CommitError> {
    match change {
        Change::BeginSession { session, digest } => sessions::begin(tx, &WithDigest { bearer: session, digest }),
        Change::SaveSession { session, expected_epoch } => sessions::save(tx, session, expected_epoch),
        Change::EndSession { id, ending } => demand(sessions::end(tx, id, ending)?, Conflict::Stale),
        Change::EndSessionsOf { subject, ending } => Ok(sessions::end_all_of(tx, subject, ending)?),
        Change::TouchSessions(seen) => Ok(sessions::touch(tx, seen)?),

        Change::AddUser { user, password } => users::come_in(
            tx,
            &StoredUser { user, password: Some(password), revision: 0, networks: KnownNetworks::default() },
        ),
        Change::ExpectUser { user, revision } => users::expect(tx, user, revision),
        Change::SetPassword { user, password } => users::change_credentials(tx, user, |stored| {
            stored.password = Some(password);
            stored.networks = KnownNetworks::default();
        }),
        Change::ReplaceHash { user, password } => users::change(tx, user, |stored| stored.password = Some(password)),
        Change::SetDisabled { user, disabled } => {
            users::change_credentials(tx, user, |stored| stored.user.disabled = disabled)
        }
        Change::SetProfile { user, profile, time_zone } => users::change(tx, user, |stored| {
            stored.user.profile = profile;
            stored.user.time_zone = time_zone;
            stored.revision += 1;
        }),
        Change::GrantRole { user, role } => users::change(tx, user, |stored| {
            stored.user.roles.insert(role);
        }),
        Change::WithdrawRole { user, role } => users::change(tx, user, |stored| {
            stored.user.roles.remove(&role);
        }),
        Change::RemoveUser { user } => users::remove_with_tokens(tx, user),
        Change::RecordLogin { subject, at, succeeded } => record_login(tx, subject, at, succeeded),
        Change::KnowNetwork { subject, network, at } => know_network(tx, subject, network, at),

        Change::AddRole(name) => Ok(roles::add(tx, name)?),
        Change::PutRole(role) => Ok(rows::put(tx, &role)?),
        Change::ReplaceRole { role, read } => {
            let stored = rows::get::<Role>(tx, role.name.as_str())?.map(|stored| stored.rights);
            demand(stored == read, Conflict::Stale)?;
            Ok(rows::put(tx, &role)?)
        }

        Change::AddNode { node, secrets } => {
            nodes::add(tx, &StoredNode { node, secrets, revision: 0, networks: KnownNetworks::default() })
        }
        Change::ExpectNode { node, revision } => nodes::expect(tx, node, revision),
        Change::SetNodeSecrets { node, secrets } => nodes::set_secrets(tx, node, secrets),
        Change::RemoveNode { node } => nodes::remove_known(tx, node),

        Change::AddClient { client, digest } => clients::add(tx, &WithDigest { bearer: client, digest }),
        Change::RevokeClient { client, at } => clients::revoke(tx, client, at),

        Change::PutForm(form) => Ok(rows::put(tx, &form)?),
        Change::ReplaceForm { form, read } => {
            demand(rows::get(tx, form.name.as_str())? == read, Conflict::Stale)?;
            Ok(rows::put(tx, &form)?)
        }
        Change::RemoveForm(name) => {
            demand(tables::remove(tx, FormConfiguration::TABLE, name.as_str())?, Conflict::Missing)
        }

        Change::AddLoginToken(token) => login_tokens::add(tx, &token),
        Change::SpendLoginToken(digest) => login_tokens::spend(tx, &digest),

        Change::Record(event) => Ok(messages::record(tx, event)?),
    }
}

fn record_login(tx: &WriteTransaction, subject: Subject, at: Timestamp, succeeded: bool) -> Result<(), CommitError> {
    match subject {
        Subject::User(id) => users::record_login(tx, id, at, succeeded)?,
        Subject::Node(id) => nodes::record_login(tx, id, at, succeeded)?,
        Subject::Anonymous | Subject::Setup => {}
    }
    Ok(())
}

fn know_network(tx: &WriteTransaction, subject: Subject, network: Network, at: Timestamp) -> Result<(), CommitError> {
    match subject {
        Subject::User(id) => users::know_network(tx, id, network, at)?,
        Subject::Node(id) => nodes::know_network(tx, id, network, at)?,
        Subject::Anonymous | Subject::Setup => {}
    }
    Ok(())
}
