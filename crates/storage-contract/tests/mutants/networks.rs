//! Stores that forget, or do not forget, from where somebody logged in.

use std::{collections::BTreeMap, sync::Mutex};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{
        self, Conflict, StoredUser, Stores,
        archive::{Key, Kind, Record, Span},
    },
};
use vestibule_domain::{network::KnownNetworks, session::Subject, user::UserId};

use crate::{
    common::{Edit, a_moment},
    fault::{Committed, Fault},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a node's network is a user's",
            "one table of devices, keyed by an id that users and nodes have alike",
            &["a_network_is_known_to_whoever_logged_in_from_there"],
            || {
                Edit(|change| match change {
                    Change::KnowNetwork { subject: Subject::Node(node), network, at } => {
                        let subject = Subject::User(UserId::from_uuid(node.as_uuid()));
                        vec![change, Change::KnowNetwork { subject, network, at }]
                    }
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "only the latest network is known",
            "a column last_login_ip, which is there already",
            &["networks_are_kept_as_they_are_noted"],
            || Latest,
        ),
        Mutant::new(
            "a network of somebody who is gone is an error",
            "the login itself fails for what is noted of it",
            &["networks_of_nobody_are_no_conflict"],
            || Strict,
        ),
        Mutant::new(
            "networks outlive their user",
            "a table beside the table of users, and no foreign key",
            &["networks_go_with_whom_they_are_of"],
            Left::default,
        ),
        Mutant::new(
            "networks outlive the password",
            "whoever stole the old one keeps a budget of their own for guessing the new one",
            &["a_new_password_makes_every_network_a_strangers"],
            || Kept,
        ),
        Mutant::new(
            "networks are written back all together",
            "load, modify, save: of two logins at once one is forgotten",
            &["logins_at_once_make_each_network_known"],
            || WrittenBack,
        ),
    ]
}

struct Latest;

#[async_trait]
impl Fault for Latest {
    fn user(&self, mut stored: StoredUser) -> StoredUser {
        stored.networks = stored.networks.iter().max_by_key(|(_, at)| *at).into_iter().collect();
        stored
    }
}

struct Strict;

#[async_trait]
impl Fault for Strict {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::KnowNetwork { subject: Subject::User(user), .. } = change {
                store.users.by_id(*user).await?.ok_or(Conflict::Missing)?;
            }
        }
        store.unit.commit(changes).await
    }
}

/// What users knew who are gone.
#[derive(Default)]
struct Left(Mutex<BTreeMap<UserId, KnownNetworks>>);

#[async_trait]
impl Fault for Left {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::RemoveUser { user } = change
                && let Some(stored) = store.users.by_id(*user).await?
            {
                self.0.lock().unwrap().insert(*user, stored.networks);
            }
        }
        store.unit.commit(changes).await
    }

    fn user(&self, mut stored: StoredUser) -> StoredUser {
        if let Some(left) = self.0.lock().unwrap().get(&stored.user.id) {
            stored.networks = left.clone();
        }
        stored
    }
}

struct Kept;

#[async_trait]
impl Fault for Kept {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let mut again = Vec::new();
        for change in &changes {
            if let Change::SetPassword { user, .. } = change
                && let Some(stored) = store.users.by_id(*user).await?
            {
                let subject = Subject::User(*user);
                let known = stored.networks.iter();
                again.extend(known.map(|(network, at)| Change::KnowNetwork { subject, network, at }));
            }
        }
        store.unit.commit(changes.into_iter().chain(again).collect()).await
    }
}

struct WrittenBack;

#[async_trait]
impl Fault for WrittenBack {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let [Change::KnowNetwork { subject: Subject::User(user), network, at }] = changes[..] else {
            return store.unit.commit(changes).await;
        };
        let Some(mut stored) = store.users.by_id(user).await? else { return Ok(ports::Committed::default()) };
        a_moment().await;
        stored.networks.note(network, at);
        let through = Some(Key::Id(user.as_uuid()));
        let span = Span { kind: Kind::User, after: None, through };
        let mut users = store.archive.export(Kind::User, None, u32::MAX).await?;
        users.retain(|record| span.has(&record.key()) && Some(record.key()) != span.through);
        users.push(Record::User(Box::new(stored)));
        store.archive.replace(span, users).await?;
        Ok(ports::Committed::default())
    }
}
