//! Stores that take one thing for another.

use std::{
    collections::BTreeMap,
    sync::{
        Mutex,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use tokio::task::yield_now;
use vestibule_application::{
    change::Change,
    ports::{Conflict, KeyKind, SessionFilter, StoredUser, Stores},
};
use vestibule_domain::{
    client::Client,
    login_token::LoginToken,
    node::{Node, NodeId},
    rights::{Role, RoleName},
    secret::Digest,
    session::{Session, Subject},
    user::{LoginKey, User, UserId},
};

use crate::{
    common::{Edit, Reshaped},
    fault::{Committed, Fault, Read},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = digests();
    mutants.extend(names());
    mutants.extend(subjects());
    mutants
}

fn digests() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "digests are looked up whatever their case",
            "scs #226 and fleet #51471: MySQL's default collation on a text column",
            &["a_digest_that_differs_in_one_bit_finds_nothing"],
            || Alike::new(<[u8]>::to_ascii_lowercase),
        ),
        Mutant::new(
            "digests end at the first zero",
            "bytes that went through a C string",
            &["digests_compare_byte_for_byte", "digests_of_clients_and_login_tokens_compare_byte_for_byte"],
            || Alike::new(|digest| digest.split(|byte| *byte == 0).next().unwrap_or_default().to_vec()),
        ),
        Mutant::new(
            "digests that begin alike are one",
            "a cache keyed by part of a token: fast-jwt GHSA-rp9m-7r4c-75qg answered with another token's claims",
            &["a_digest_that_differs_in_one_bit_finds_nothing", "every_way_to_look_sees_every_change"],
            || Alike::new(|digest| digest[..16].to_vec()),
        ),
        Mutant::new(
            "bytes that are no text are all the same",
            "a digest was made a string with a replacement character",
            &["digests_compare_byte_for_byte"],
            || Alike::new(|digest| String::from_utf8_lossy(digest).into_owned().into_bytes()),
        ),
    ]
}

fn names() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "accents do not count in login names",
            "utf8mb4_0900_ai_ci: whoever registers as \u{e4}da is ada",
            &["keys_that_look_alike_are_different_keys"],
            || AccentsIgnored,
        ),
        Mutant::new(
            "nodes are called whatever their case",
            "the same collation on another table",
            &["names_compare_byte_for_byte", "lists_are_in_the_order_of_names"],
            || NodesOfAnyCase,
        ),
        Mutant::new(
            "lists are in the order of an alphabet",
            "a locale's collation, which differs from server to server",
            &["lists_are_in_the_order_of_names"],
            || Alphabet,
        ),
        Mutant::new(
            "a login name is looked up as an address too",
            "one column, and nobody asks as what the key was given",
            &["a_key_belongs_to_a_user_as_what_it_is"],
            || AnyKind,
        ),
        Mutant::new(
            "whoever looks a key up meanwhile gets what another asked about it",
            "a flight that is shared by part of the question",
            &["keys_that_are_looked_up_at_once_find_each_its_own"],
            OneForAll::default,
        ),
        Mutant::new(
            "roles come in the order they were asked for, and as often",
            "an IN list became one lookup each",
            &["roles_are_found_by_name_in_order"],
            || RolesAsAsked,
        ),
    ]
}

fn subjects() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a node is a user of the same id",
            "an owner column without the owner's kind",
            &["a_user_and_a_node_of_one_uuid_are_two_subjects"],
            || Edit(both_subjects),
        ),
        Mutant::new(
            "a node's sessions are never ended",
            "who ends sessions when a node is removed was never asked",
            &["a_user_and_a_node_of_one_uuid_are_two_subjects"],
            || {
                Edit(|change| match change {
                    Change::EndSessionsOf { subject: Subject::Node(_), .. } => Vec::new(),
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "ending a user's sessions ends everybody's",
            "a WHERE with a forgotten parameter",
            &["ending_all_of_a_user_ends_theirs_and_no_others", "all_anonymous_sessions_are_one_subjects"],
            || EndsEverybody,
        ),
        Mutant::new(
            "whoever sets up is nobody",
            "NULL for both",
            &["all_anonymous_sessions_are_one_subjects", "every_subject_survives"],
            || Reshaped {
                write: |session| {
                    if session.subject == Subject::Setup {
                        session.subject = Subject::Anonymous;
                    }
                },
                read: |_| (),
            },
        ),
        Mutant::new(
            "logins of nodes are nobody's",
            "the second kind of subject is forgotten",
            &["logins_of_nodes_are_noted"],
            || {
                Edit(|change| match change {
                    Change::RecordLogin { subject: Subject::Node(_), .. } => Vec::new(),
                    other => vec![other],
                })
            },
        ),
        Mutant::new(
            "every other reader gets what the last one got",
            "GitHub 2021-03: a hash shared by threads sent one user's cookie to another",
            &["a_session_is_found_by_its_digest_and_by_its_id"],
            SharedAnswer::default,
        ),
    ]
}

fn both_subjects(change: Change) -> Vec<Change> {
    match change {
        Change::EndSessionsOf { subject: Subject::Node(id), ending } => {
            let user = Subject::User(UserId::from_uuid(id.as_uuid()));
            vec![change, Change::EndSessionsOf { subject: user, ending }]
        }
        Change::EndSessionsOf { subject: Subject::User(id), ending } => {
            let node = Subject::Node(NodeId::from_uuid(id.as_uuid()));
            vec![change, Change::EndSessionsOf { subject: node, ending }]
        }
        other => vec![other],
    }
}

/// Looks digests up by something that several have in common, and finds the last that came.
struct Alike {
    common: fn(&[u8]) -> Vec<u8>,
    known: Mutex<BTreeMap<Vec<u8>, Digest>>,
}

impl Alike {
    fn new(common: fn(&[u8]) -> Vec<u8>) -> Self {
        Self { common, known: Mutex::default() }
    }

    fn learn(&self, digest: &Digest) {
        self.known.lock().unwrap().insert((self.common)(digest.as_bytes()), *digest);
    }

    fn taken_for(&self, digest: &Digest) -> Digest {
        let known = self.known.lock().unwrap();
        known.get(&(self.common)(digest.as_bytes())).copied().unwrap_or(*digest)
    }
}

#[async_trait]
impl Fault for Alike {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            match change {
                Change::BeginSession { digest, .. } | Change::AddClient { digest, .. } => self.learn(digest),
                Change::AddLoginToken(token) => self.learn(&token.digest),
                _ => {}
            }
        }
        store.unit.commit(changes).await
    }

    async fn session_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Session>> {
        store.sessions.by_digest(&self.taken_for(digest)).await
    }

    async fn client_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Client>> {
        store.clients.by_digest(&self.taken_for(digest)).await
    }

    async fn login_token(&self, store: &Stores, digest: &Digest) -> Read<Option<LoginToken>> {
        store.login_tokens.by_digest(&self.taken_for(digest)).await
    }
}

struct AccentsIgnored;

#[async_trait]
impl Fault for AccentsIgnored {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let plain = |user: &User| user.login.key().as_str().replace('\u{e4}', "a");
        for change in &changes {
            if let Change::AddUser { user, .. } = change {
                let known = store.users.page(None, u32::MAX).await?;
                if known.iter().any(|other| plain(other) == plain(user)) {
                    return Err(Conflict::LoginTaken.into());
                }
            }
        }
        store.unit.commit(changes).await
    }
}

struct NodesOfAnyCase;

#[async_trait]
impl Fault for NodesOfAnyCase {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        for change in &changes {
            if let Change::AddNode { node, .. } = change {
                let known = store.nodes.all().await?;
                if known.iter().any(|other| other.name.as_str().eq_ignore_ascii_case(node.name.as_str())) {
                    return Err(Conflict::NameTaken.into());
                }
            }
        }
        store.unit.commit(changes).await
    }
}

struct Alphabet;

#[async_trait]
impl Fault for Alphabet {
    async fn nodes(&self, store: &Stores) -> Read<Vec<Node>> {
        let mut nodes = store.nodes.all().await?;
        nodes.sort_by_key(|node| node.name.as_str().to_lowercase());
        Ok(nodes)
    }
}

struct AnyKind;

#[async_trait]
impl Fault for AnyKind {
    async fn user_by_key(&self, store: &Stores, key: &LoginKey, _: KeyKind) -> Read<Option<StoredUser>> {
        store.users.by_key(key, KeyKind::Any).await
    }
}

/// Answers all who ask about a key at the same time as the first of them asked.
#[derive(Default)]
struct OneForAll(Mutex<BTreeMap<LoginKey, KeyKind>>);

#[async_trait]
impl Fault for OneForAll {
    async fn user_by_key(&self, store: &Stores, key: &LoginKey, kind: KeyKind) -> Read<Option<StoredUser>> {
        let kind = *self.0.lock().unwrap().entry(key.clone()).or_insert(kind);
        // Others come.
        yield_now().await;
        self.0.lock().unwrap().remove(key);
        store.users.by_key(key, kind).await
    }
}

struct RolesAsAsked;

#[async_trait]
impl Fault for RolesAsAsked {
    async fn roles_named(&self, store: &Stores, names: &[RoleName]) -> Read<Vec<Role>> {
        let mut found = Vec::new();
        for name in names {
            found.extend(store.roles.named(std::slice::from_ref(name)).await?);
        }
        Ok(found)
    }
}

struct EndsEverybody;

#[async_trait]
impl Fault for EndsEverybody {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let mut kept = Vec::new();
        for change in changes {
            if let Change::EndSessionsOf { ending, .. } = change {
                let every = SessionFilter { subject: None, live_at: None, after: None, limit: u32::MAX };
                let all = store.sessions.page(&every).await?;
                kept.extend(all.into_iter().map(|it| Change::EndSessionsOf { subject: it.subject, ending }));
            } else {
                kept.push(change);
            }
        }
        store.unit.commit(kept).await
    }
}

/// Answers every second question with the answer to the first.
#[derive(Default)]
struct SharedAnswer {
    asked: AtomicU32,
    last: Mutex<Option<Session>>,
}

#[async_trait]
impl Fault for SharedAnswer {
    async fn session_by_digest(&self, store: &Stores, digest: &Digest) -> Read<Option<Session>> {
        if self.asked.fetch_add(1, Relaxed) % 2 == 1 {
            return Ok(self.last.lock().unwrap().clone());
        }
        let found = store.sessions.by_digest(digest).await?;
        self.last.lock().unwrap().clone_from(&found);
        Ok(found)
    }
}
