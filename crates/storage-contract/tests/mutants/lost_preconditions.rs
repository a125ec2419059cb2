//! Stores that do not look whether a change may be made.

use std::sync::Mutex;

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{self, CommitError, Conflict, KeyKind, Stores},
};
use vestibule_domain::{
    node::{NodeName, NodeRef},
    secret::Digest,
};

use crate::{
    common::{CheckThenAct, Unchecked, stored},
    fault::{Committed, Fault},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = dropped();
    mutants.extend(loosened());
    mutants.extend(raced());
    mutants
}

/// Preconditions that are not there at all.
fn dropped() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "ending an ended session is fine",
            "UPDATE .. WHERE id = ?, and nobody counts the rows",
            &["an_ended_session_cannot_be_ended_again", "ending_what_is_not_there_is_stale"],
            || Unchecked(|change| matches!(change, Change::EndSession { .. })),
        ),
        Mutant::new(
            "a token is spent any number of times",
            "DELETE without counting the rows",
            &["a_login_token_is_spent_once", "one_of_many_spends_the_login_token"],
            || Unchecked(|change| matches!(change, Change::SpendLoginToken(_))),
        ),
        Mutant::new(
            "an expected user need not be as expected",
            "the precondition of a login is forgotten: it completes with a password changed meanwhile",
            &["an_expected_user_is_there_in_that_revision", "whatever_fails_last_undoes_what_came_first"],
            || Unchecked(|change| matches!(change, Change::ExpectUser { .. })),
        ),
        Mutant::new(
            "an expected node need not be as expected",
            "the same for nodes, the second path that is always forgotten",
            &["an_expected_node_is_there_in_that_revision"],
            || Unchecked(|change| matches!(change, Change::ExpectNode { .. })),
        ),
        Mutant::new(
            "a role that somebody else has changed is replaced",
            "an upsert, after a look that was outside of the transaction",
            &["a_role_is_replaced_by_whoever_read_it_as_it_is", "of_many_who_replace_a_role_at_once_one_does"],
            || Unchecked(|change| matches!(change, Change::ReplaceRole { .. })),
        ),
        Mutant::new(
            "a form that somebody else has changed is replaced",
            "the same for form configurations",
            &["a_form_is_replaced_by_whoever_read_it_as_it_is"],
            || Unchecked(|change| matches!(change, Change::ReplaceForm { .. })),
        ),
        Mutant::new(
            "what is done to nobody succeeds",
            "UPDATE and DELETE of no rows are no error to a database",
            &["what_is_done_to_nobody_is_missing"],
            || {
                Unchecked(|change| {
                    matches!(
                        change,
                        Change::SetPassword { .. }
                            | Change::ReplaceHash { .. }
                            | Change::SetDisabled { .. }
                            | Change::SetProfile { .. }
                            | Change::GrantRole { .. }
                            | Change::WithdrawRole { .. }
                            | Change::RemoveUser { .. }
                    )
                })
            },
        ),
        Mutant::new(
            "what is done to no node or client succeeds",
            "the same for the registry",
            &["what_is_done_to_no_node_is_missing", "revoking_no_client_is_missing"],
            || {
                Unchecked(|change| {
                    matches!(
                        change,
                        Change::SetNodeSecrets { .. } | Change::RemoveNode { .. } | Change::RevokeClient { .. }
                    )
                })
            },
        ),
        Mutant::new(
            "a node's name is taken twice",
            "INSERT IGNORE, or no unique index",
            &["a_nodes_name_is_taken_once_and_free_when_it_is_removed"],
            || Unchecked(|change| matches!(change, Change::AddNode { .. })),
        ),
        Mutant::new(
            "a user who was refused counts as added",
            "INSERT .. ON CONFLICT DO NOTHING",
            &["a_login_name_is_taken_once", "an_address_is_taken_once"],
            || Unchecked(|change| matches!(change, Change::AddUser { .. })),
        ),
    ]
}

/// Preconditions that hold too often.
fn loosened() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a session is saved from any epoch",
            "load, modify, save: tower-sessions calls concurrent mutation \"not safe\"",
            &["saving_from_another_epoch_is_stale", "one_of_many_saves_the_session"],
            || AnyEpoch,
        ),
        Mutant::new(
            "two sessions have one digest",
            "the unique index is on the id alone",
            &["no_two_sessions_have_one_digest"],
            || SharedDigest,
        ),
        Mutant::new(
            "a login name may be another's address",
            "one unique index for each column, none over both",
            &["a_login_name_cannot_be_anothers_address"],
            || Uncrossed { conflict: Conflict::LoginTaken, as_what: KeyKind::Email },
        ),
        Mutant::new(
            "an address may be another's login name",
            "the same the other way round",
            &["an_address_cannot_be_anothers_login_name"],
            || Uncrossed { conflict: Conflict::EmailTaken, as_what: KeyKind::Login },
        ),
        Mutant::new(
            "login name and address are mixed up",
            "which unique index was hit is read from the wrong part of a driver's message",
            &["a_login_name_is_taken_once", "an_address_is_taken_once"],
            || Swapped,
        ),
        Mutant::new(
            "the address is looked at first",
            "the order of two indexes decides what is told",
            &["when_both_are_taken_the_login_name_is_told"],
            || AddressFirst,
        ),
        Mutant::new(
            "a revoked client's name is free",
            "a unique index WHERE revoked IS NULL",
            &["a_clients_name_is_taken_for_ever"],
            || RevokedNamesFree,
        ),
        Mutant::new(
            "a removed node's name stays taken",
            "rows are marked as removed, and the index does not know",
            &["a_nodes_name_is_taken_once_and_free_when_it_is_removed"],
            Tombstones::default,
        ),
    ]
}

/// Preconditions that are looked at too early.
fn raced() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a login name is looked up, then taken",
            "SELECT, then INSERT: Devise CVE-2019-5421, and 25 such places at once in better-auth #9993",
            &["one_of_many_gets_the_login_name", "a_login_name_and_an_address_race_for_one_key"],
            || CheckThenAct(|change| matches!(change, Change::AddUser { .. })),
        ),
        Mutant::new(
            "a login token is looked up, then spent",
            "a magic link opened in two windows logs in twice",
            &["one_of_many_spends_the_login_token"],
            || CheckThenAct(|change| matches!(change, Change::SpendLoginToken(_))),
        ),
        Mutant::new(
            "a session is looked up, then ended",
            "two ends, two messages, and the later one wins",
            &["one_of_many_ends_the_session"],
            || CheckThenAct(|change| matches!(change, Change::EndSession { .. })),
        ),
        Mutant::new(
            "an epoch is compared, then moved on",
            "GET, compare, SET without WATCH",
            &["one_of_many_saves_the_session"],
            || CheckThenAct(|change| matches!(change, Change::SaveSession { .. })),
        ),
        Mutant::new(
            "a session's id is looked up, then taken",
            "EXISTS, then SET, where SET NX was meant",
            &["one_of_many_begins_the_session"],
            || CheckThenAct(|change| matches!(change, Change::BeginSession { .. })),
        ),
        Mutant::new(
            "the name of a client or node is looked up, then taken",
            "a rare call, so that nobody thought of two at a time",
            &["one_of_many_gets_the_clients_name", "one_of_many_gets_the_nodes_name"],
            || CheckThenAct(|change| matches!(change, Change::AddClient { .. } | Change::AddNode { .. })),
        ),
    ]
}

struct AnyEpoch;

#[async_trait]
impl Fault for AnyEpoch {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::SaveSession { session, expected_epoch } = change
                && let Some(stored) = stored(store, session.id).await
            {
                *expected_epoch = stored.epoch;
            }
        }
        store.unit.commit(changes).await
    }
}

struct SharedDigest;

#[async_trait]
impl Fault for SharedDigest {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::BeginSession { session, digest } = change
                && store.sessions.by_digest(digest).await?.is_some()
            {
                let mut other = *digest.as_bytes();
                other[..16].copy_from_slice(session.id.as_uuid().as_bytes());
                *digest = Digest::new(other);
            }
        }
        store.unit.commit(changes).await
    }
}

/// A key is compared with others' keys of its own kind only.
struct Uncrossed {
    conflict: Conflict,
    as_what: KeyKind,
}

#[async_trait]
impl Fault for Uncrossed {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let committed = store.unit.commit(changes.clone()).await;
        for change in &changes {
            if let Change::AddUser { user, .. } = change
                && matches!(committed, Err(CommitError::Conflict(conflict)) if conflict == self.conflict)
            {
                let key = if self.as_what == KeyKind::Email { user.login.key() } else { user.email.key() };
                if store.users.by_key(&key, self.as_what).await?.is_some() {
                    return Ok(ports::Committed::default());
                }
            }
        }
        committed
    }
}

struct Swapped;

#[async_trait]
impl Fault for Swapped {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        store.unit.commit(changes).await.map_err(|error| match error {
            CommitError::Conflict(Conflict::LoginTaken) => Conflict::EmailTaken.into(),
            CommitError::Conflict(Conflict::EmailTaken) => Conflict::LoginTaken.into(),
            other => other,
        })
    }
}

struct AddressFirst;

#[async_trait]
impl Fault for AddressFirst {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::AddUser { user, .. } = change
                && store.users.by_key(&user.email.key(), KeyKind::Any).await?.is_some()
            {
                return Err(Conflict::EmailTaken.into());
            }
        }
        store.unit.commit(changes).await
    }
}

struct RevokedNamesFree;

#[async_trait]
impl Fault for RevokedNamesFree {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        let mut revoked = store.clients.all().await?;
        revoked.retain(|client| client.revoked.is_some());
        let is_free = |change: &Change| match change {
            Change::AddClient { client, .. } => revoked.iter().any(|old| old.name == client.name),
            _ => false,
        };
        changes.retain(|change| !is_free(change));
        store.unit.commit(changes).await
    }
}

/// Remembers removed nodes' names.
#[derive(Default)]
struct Tombstones(Mutex<Vec<NodeName>>);

#[async_trait]
impl Fault for Tombstones {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            match change {
                Change::RemoveNode { node } => {
                    let found = store.nodes.find(&NodeRef::Id(*node)).await?;
                    self.0.lock().unwrap().extend(found.map(|stored| stored.node.name));
                }
                Change::AddNode { node, .. } if self.0.lock().unwrap().contains(&node.name) => {
                    return Err(Conflict::NameTaken.into());
                }
                _ => {}
            }
        }
        store.unit.commit(changes).await
    }
}
