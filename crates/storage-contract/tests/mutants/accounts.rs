//! Stores that mistreat users, roles, nodes, clients and forms.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Mutex,
};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{self, Conflict, SetupState, StoredNode, StoredUser, Stores},
};
use vestibule_domain::{
    client::Client,
    form::FormConfiguration,
    login_token::LoginToken,
    node::NodeRef,
    rights::{Role, RoleName},
    secret::{Digest, PasswordHash},
    session::{EndReason, Ending, Subject},
    time::Timestamp,
    user::{LoginKey, UserId},
};

use crate::{
    common::{Edit, a_moment},
    fault::{Committed, Fault, Read},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = credentials();
    mutants.extend(users());
    mutants.extend(registry());
    mutants
}

fn credentials() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a new password leaves the revision",
            "a login that began under the old password completes under the new one",
            &["a_new_password_moves_the_revision_on", "an_expected_user_is_there_in_that_revision"],
            || Revisions::stuck(|change| matches!(change, Change::SetPassword { .. })),
        ),
        Mutant::new(
            "disabling leaves the revision",
            "the same while a user is being disabled",
            &["disabling_and_enabling_move_the_revision_on"],
            || Revisions::stuck(|change| matches!(change, Change::SetDisabled { .. })),
        ),
        Mutant::new(
            "a new profile leaves the revision",
            "two operators read a profile, and the second overwrites what the first one wrote",
            &["a_new_profile_is_all_there_and_moves_the_revision_on"],
            || Revisions::stuck(|change| matches!(change, Change::SetProfile { .. })),
        ),
        Mutant::new(
            "a better hash moves the revision on",
            "whoever logs in twice at once is sent away, because the first login had the hash improved",
            &["a_new_hash_of_the_old_password_does_not"],
            || {
                Edit(|change| match change {
                    Change::ReplaceHash { user, password } => vec![Change::SetPassword { user, password }],
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "login tokens survive a new password",
            "Mastodon CVE-2025-62174: a reset left the ways in that there were",
            &["login_tokens_go_with_the_credentials"],
            || Tokens::outlive(|change| matches!(change, Change::SetPassword { .. } | Change::SetDisabled { .. })),
        ),
        Mutant::new(
            "login tokens survive their user",
            "no foreign key, and nobody who remembers",
            &["removing_a_user_removes_their_login_tokens_and_not_their_sessions"],
            || Tokens::outlive(|change| matches!(change, Change::RemoveUser { .. })),
        ),
        Mutant::new(
            "a node's old secret stays",
            "a rotation that was to be the last leaves the one before",
            &["new_secrets_move_the_revision_on"],
            OldSecrets::default,
        ),
        Mutant::new(
            "a login token that was spent is only marked",
            "and the lookup does not look at the mark",
            &["a_login_token_is_spent_once"],
            SpentTokens::default,
        ),
    ]
}

fn users() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a removed user's keys stay taken",
            "a table of keys beside the table of users, and one DELETE",
            &["a_removed_user_is_gone_and_their_keys_are_free", "a_login_name_that_is_the_address_is_one_key"],
            Tombstones::default,
        ),
        Mutant::new(
            "removing a user removes their sessions",
            "ON DELETE CASCADE: ended sessions are forgotten before their seals are over",
            &["removing_a_user_removes_their_login_tokens_and_not_their_sessions"],
            || {
                Edit(|change| match change {
                    Change::RemoveUser { user } => {
                        let ending = Ending { at: Timestamp::EPOCH, reason: EndReason::SubjectChanged };
                        vec![change, Change::EndSessionsOf { subject: Subject::User(user), ending }]
                    }
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "the latch opens when the last user goes",
            "not set up means that there are no users",
            &["the_latch_stays_closed_when_the_last_user_is_removed"],
            || LatchCounts,
        ),
        Mutant::new(
            "a store is set up from the beginning",
            "a latch that cannot be read counts as closed",
            &["a_fresh_store_is_not_configured"],
            || AlwaysConfigured,
        ),
        Mutant::new(
            "a login noted late overwrites",
            "the last write wins, not the latest login",
            &["an_earlier_login_noted_later_changes_nothing"],
            LastLogin::default,
        ),
        Mutant::new(
            "failed logins count as successful",
            "two columns, mixed up",
            &["logins_are_noted_by_their_outcome"],
            || {
                Edit(|change| match change {
                    Change::RecordLogin { subject, at, succeeded } => {
                        vec![Change::RecordLogin { subject, at, succeeded: !succeeded }]
                    }
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "a login of somebody who is gone is an error",
            "one row was to be updated, and there is none: the login itself fails for its note",
            &["logins_of_nobody_are_no_conflict"],
            || NotedStrictly,
        ),
        Mutant::new(
            "a role is granted by writing all of them back",
            "load, modify, save, once more",
            &["grants_made_at_once_are_all_kept"],
            || WholeRoles,
        ),
        Mutant::new(
            "withdrawing a role withdraws all",
            "DELETE WHERE user = ?, without AND role = ?",
            &["roles_are_granted_and_withdrawn_one_by_one"],
            || WithdrawsAll,
        ),
    ]
}

fn registry() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a role that is put is merged with the one there is",
            "Kanidm #3182: a migration merged access rules, where it should have replaced them",
            &["a_role_is_added_and_replaced"],
            || MergedRoles,
        ),
        Mutant::new(
            "a role that is added loses the rights it has",
            "INSERT OR REPLACE",
            &["adding_a_role_that_is_there_leaves_its_rights"],
            || {
                Edit(|change| match change {
                    Change::AddRole(name) => vec![Change::PutRole(Role { name, rights: BTreeSet::new() })],
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "an operator's scopes are not stored",
            "the column came with a later migration, and the insert was forgotten: every operator is a program",
            &["an_operators_scopes_survive"],
            || Scopeless,
        ),
        Mutant::new(
            "the last revocation's time stays",
            "SET revoked = ?, without COALESCE",
            &["the_first_revocation_stays"],
            LastRevocation::default,
        ),
        Mutant::new(
            "what is shipped is not there",
            "the first start adds it, and a store that was only migrated has none",
            &["the_shipped_roles_are_there", "the_shipped_forms_are_there"],
            || Unfurnished,
        ),
        Mutant::new(
            "a form's rules lose their patterns",
            "a column for each rule there was when the table was made",
            &["a_form_comes_back_with_everything_it_had"],
            || {
                Edit(|mut change| {
                    if let Change::PutForm(form) = &mut change {
                        form.fields.values_mut().for_each(|rules| rules.pattern = None);
                    }
                    vec![change]
                })
            },
        ),
        Mutant::new(
            "a form's roles outlive it",
            "a table beside it, of which only additions are written",
            &["a_form_is_replaced_and_removed"],
            || MergedForms,
        ),
    ]
}

/// Revisions that stand still when some changes are made.
struct Revisions {
    stuck: fn(&Change) -> bool,
    behind: Mutex<BTreeMap<UserId, u32>>,
}

impl Revisions {
    fn stuck(stuck: fn(&Change) -> bool) -> Self {
        Self { stuck, behind: Mutex::default() }
    }

    fn behind(&self, user: UserId) -> u32 {
        self.behind.lock().unwrap().get(&user).copied().unwrap_or(0)
    }
}

#[async_trait]
impl Fault for Revisions {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::ExpectUser { user, revision } = change {
                *revision += self.behind(*user);
            }
        }
        store.unit.commit(changes.clone()).await?;
        for change in changes.iter().filter(|change| (self.stuck)(change)) {
            if let Change::SetPassword { user, .. }
            | Change::SetDisabled { user, .. }
            | Change::SetProfile { user, .. } = change
            {
                *self.behind.lock().unwrap().entry(*user).or_default() += 1;
            }
        }
        Ok(ports::Committed::default())
    }

    fn user(&self, stored: StoredUser) -> StoredUser {
        StoredUser { revision: stored.revision - self.behind(stored.user.id), ..stored }
    }
}

/// Login tokens that come back after a change that should have removed them.
struct Tokens {
    outlive: fn(&Change) -> bool,
    issued: Mutex<Vec<LoginToken>>,
}

impl Tokens {
    fn outlive(outlive: fn(&Change) -> bool) -> Self {
        Self { outlive, issued: Mutex::default() }
    }
}

#[async_trait]
impl Fault for Tokens {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        store.unit.commit(changes.clone()).await?;
        let issued = changes.iter().filter_map(|change| match change {
            Change::AddLoginToken(token) => Some(*token),
            _ => None,
        });
        self.issued.lock().unwrap().extend(issued);
        if changes.iter().any(self.outlive) {
            let issued = self.issued.lock().unwrap().clone();
            for token in issued {
                // Those that are still there are refused, and that is well.
                let _ = store.unit.commit(vec![Change::AddLoginToken(token)]).await;
            }
        }
        Ok(ports::Committed::default())
    }
}

/// The last previous secret of a node.
#[derive(Default)]
struct OldSecrets(Mutex<Option<(PasswordHash, Timestamp)>>);

#[async_trait]
impl Fault for OldSecrets {
    async fn node(&self, store: &Stores, node: &NodeRef) -> Read<Option<StoredNode>> {
        let mut found = store.nodes.find(node).await?;
        if let Some(stored) = &mut found {
            let mut known = self.0.lock().unwrap();
            match &stored.secrets.previous {
                Some(previous) => *known = Some(previous.clone()),
                None => stored.secrets.previous.clone_from(&known),
            }
        }
        Ok(found)
    }
}

#[derive(Default)]
struct SpentTokens(Mutex<BTreeMap<Digest, LoginToken>>);

#[async_trait]
impl Fault for SpentTokens {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::AddLoginToken(token) = change {
                self.0.lock().unwrap().insert(token.digest, *token);
            }
        }
        store.unit.commit(changes).await
    }

    async fn login_token(&self, _: &Stores, digest: &Digest) -> Read<Option<LoginToken>> {
        Ok(self.0.lock().unwrap().get(digest).copied())
    }
}

/// The keys of users who were removed.
#[derive(Default)]
struct Tombstones(Mutex<Vec<LoginKey>>);

#[async_trait]
impl Fault for Tombstones {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::AddUser { user, .. } = change
                && user.keys().iter().any(|key| self.0.lock().unwrap().contains(key))
            {
                return Err(Conflict::LoginTaken.into());
            }
            if let Change::RemoveUser { user } = change
                && let Some(stored) = store.users.by_id(*user).await?
            {
                self.0.lock().unwrap().extend(stored.user.keys());
            }
        }
        store.unit.commit(changes).await
    }
}

struct LatchCounts;

#[async_trait]
impl Fault for LatchCounts {
    async fn state(&self, store: &Stores) -> Read<SetupState> {
        let nobody = store.users.page(None, 1).await?.is_empty();
        Ok(if nobody { SetupState::Unconfigured } else { SetupState::Configured })
    }
}

struct AlwaysConfigured;

#[async_trait]
impl Fault for AlwaysConfigured {
    async fn state(&self, _: &Stores) -> Read<SetupState> {
        Ok(SetupState::Configured)
    }
}

/// When the login that was noted last was.
#[derive(Default)]
struct LastLogin(Mutex<Option<Timestamp>>);

#[async_trait]
impl Fault for LastLogin {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::RecordLogin { at, succeeded: true, .. } = change {
                *self.0.lock().unwrap() = Some(*at);
            }
        }
        store.unit.commit(changes).await
    }

    fn user(&self, mut stored: StoredUser) -> StoredUser {
        if stored.user.last_successful_login.is_some() {
            stored.user.last_successful_login = *self.0.lock().unwrap();
        }
        stored
    }
}

struct NotedStrictly;

#[async_trait]
impl Fault for NotedStrictly {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::RecordLogin { subject: Subject::User(user), .. } = change {
                store.users.by_id(*user).await?.ok_or(Conflict::Missing)?;
            }
        }
        store.unit.commit(changes).await
    }
}

struct WholeRoles;

#[async_trait]
impl Fault for WholeRoles {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        if let [Change::GrantRole { user, .. }] = changes[..]
            && let Some(read) = store.users.by_id(user).await?
        {
            a_moment().await;
            let now = store.users.by_id(user).await?.map(|stored| stored.user.roles).unwrap_or_default();
            let withdrawn = now.difference(&read.user.roles).cloned();
            let withdrawn: Vec<Change> = withdrawn.map(|role| Change::WithdrawRole { user, role }).collect();
            changes.splice(0..0, withdrawn);
        }
        store.unit.commit(changes).await
    }
}

struct WithdrawsAll;

#[async_trait]
impl Fault for WithdrawsAll {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        if let [Change::WithdrawRole { user, .. }] = changes[..]
            && let Some(stored) = store.users.by_id(user).await?
        {
            changes.extend(stored.user.roles.into_iter().map(|role| Change::WithdrawRole { user, role }));
        }
        store.unit.commit(changes).await
    }
}

struct MergedRoles;

#[async_trait]
impl Fault for MergedRoles {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::PutRole(role) = change {
                for known in store.roles.named(std::slice::from_ref::<RoleName>(&role.name)).await? {
                    role.rights.extend(known.rights);
                }
            }
        }
        store.unit.commit(changes).await
    }
}

/// When a client was revoked last.
#[derive(Default)]
struct LastRevocation(Mutex<Option<Timestamp>>);

#[async_trait]
impl Fault for LastRevocation {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::RevokeClient { at, .. } = change {
                *self.0.lock().unwrap() = Some(*at);
            }
        }
        store.unit.commit(changes).await
    }

    async fn client_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Client>> {
        let found = store.clients.by_digest(digest).await?;
        let last = *self.0.lock().unwrap();
        Ok(found.map(|client| Client { revoked: client.revoked.and(last), ..client }))
    }
}

/// Writes operators without their scopes.
struct Scopeless;

#[async_trait]
impl Fault for Scopeless {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::AddClient { client, .. } = change {
                client.scopes.clear();
            }
        }
        store.unit.commit(changes).await
    }
}

struct Unfurnished;

#[async_trait]
impl Fault for Unfurnished {
    async fn roles(&self, _: &Stores) -> Read<Vec<Role>> {
        Ok(Vec::new())
    }

    async fn forms(&self, _: &Stores) -> Read<Vec<FormConfiguration>> {
        Ok(Vec::new())
    }
}

struct MergedForms;

#[async_trait]
impl Fault for MergedForms {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::PutForm(form) = change
                && let Some(known) = store.forms.by_name(&form.name).await?
            {
                form.roles.extend(known.roles);
            }
        }
        store.unit.commit(changes).await
    }
}
