//! Stores that cannot stand it when a caller hangs up.

use std::{
    collections::VecDeque,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
};

use async_trait::async_trait;
use tokio::task::yield_now;
use vestibule_application::{
    change::Change,
    ports::{StoreError, Stores},
};
use vestibule_domain::{
    login_token::LoginToken,
    secret::Digest,
    session::{Session, SessionId},
};

use crate::{
    common::{a_moment, conflict},
    fault::{Committed, Fault, Read},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "a dropped commit leaves its transaction open",
            "sqlx #4393: who writes next on the connection is acknowledged, sees their write, and loses it later",
            &["what_was_acknowledged_stays_whatever_is_dropped_around_it"],
            || Poisoned { connection: Mutex::default(), isolated: false },
        ),
        Mutant::new(
            "a dropped commit hides what is written next",
            "the same, seen from another connection: acknowledged, and never there",
            &["what_was_acknowledged_stays_whatever_is_dropped_around_it"],
            || Poisoned { connection: Mutex::default(), isolated: true },
        ),
        Mutant::new(
            "a dropped commit is torn at an await",
            "several statements without a transaction, and a client that hangs up between two of them",
            &["a_commit_dropped_at_any_await_tears_nothing"],
            || Torn { at_length: false },
        ),
        Mutant::new(
            "a dropped commit is torn at a slow await",
            "the same, with a store at the other end of a wire",
            &["a_dropped_commit_happens_wholly_or_not_at_all"],
            || Torn { at_length: true },
        ),
        Mutant::new(
            "a dropped commit leaves the store locked",
            "a lock that is given back by the last line of a function",
            &[
                "a_dropped_commit_happens_wholly_or_not_at_all",
                "what_was_acknowledged_stays_whatever_is_dropped_around_it",
            ],
            || Locked(AtomicBool::new(false)),
        ),
        Mutant::new(
            "a dropped read leaves its answer to the next",
            "OpenAI 2023-03-20: a reply stayed in a pooled connection, and others saw whose it was",
            &["a_dropped_read_answers_nobody_else"],
            Pipelined::default,
        ),
    ]
}

/// Marks something when it is dropped before it was disarmed.
struct OnDrop<F: FnMut()>(Option<F>);

impl<F: FnMut()> OnDrop<F> {
    fn disarm(mut self) {
        self.0 = None;
    }
}

impl<F: FnMut()> Drop for OnDrop<F> {
    fn drop(&mut self) {
        if let Some(drop) = &mut self.0 {
            drop();
        }
    }
}

/// A connection with a transaction that nobody knows of.
#[derive(Default)]
struct Connection {
    is_open: bool,
    /// Login tokens written in it: it is these that the law writes.
    written: Vec<Digest>,
    /// Login tokens that were lost with it.
    lost: Vec<Digest>,
}

impl Connection {
    /// Writes, perhaps in the open transaction. At some time the connection is closed, and that with it.
    fn write(&mut self, tokens: impl Iterator<Item = Digest>) {
        if self.is_open {
            self.written.extend(tokens);
        }
        if self.written.len() >= 5 {
            self.lost.append(&mut self.written);
            self.is_open = false;
        }
    }
}

struct Poisoned {
    connection: Mutex<Connection>,
    /// Whether reads go over another connection.
    isolated: bool,
}

#[async_trait]
impl Fault for Poisoned {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let leak = OnDrop(Some(|| self.connection.lock().unwrap().is_open = true));
        // BEGIN is sent, and its answer waited for.
        yield_now().await;
        leak.disarm();
        let written = changes.iter().filter_map(|change| match change {
            Change::AddLoginToken(token) => Some(token.digest),
            _ => None,
        });
        self.connection.lock().unwrap().write(written);
        store.unit.commit(changes).await
    }

    async fn login_token(&self, store: &Stores, digest: &Digest) -> Read<Option<LoginToken>> {
        let found = store.login_tokens.by_digest(digest).await?;
        let connection = self.connection.lock().unwrap();
        let is_hidden = connection.lost.contains(digest) || self.isolated && connection.written.contains(digest);
        Ok(found.filter(|_| !is_hidden))
    }
}

struct Torn {
    at_length: bool,
}

#[async_trait]
impl Fault for Torn {
    async fn commit(&self, store: &Stores, mut first: Vec<Change>) -> Committed {
        // What fails fails as a whole, so that only the drop is wrong.
        if let Some(conflict) = conflict(store, first.clone()).await {
            return Err(conflict.into());
        }
        let second = first.split_off(first.len() / 2);
        store.unit.commit(first).await?;
        if self.at_length {
            a_moment().await;
        } else {
            yield_now().await;
        }
        store.unit.commit(second).await
    }
}

struct Locked(AtomicBool);

#[async_trait]
impl Fault for Locked {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        if self.0.swap(true, Relaxed) {
            return Err(StoreError::Unavailable("locked".into()).into());
        }
        a_moment().await;
        let committed = store.unit.commit(changes).await;
        self.0.store(false, Relaxed);
        committed
    }
}

/// A connection on which questions and answers are matched by their order alone: what nobody has read is read next.
#[derive(Default)]
struct Pipelined(Mutex<VecDeque<Option<Session>>>);

#[async_trait]
impl Fault for Pipelined {
    async fn session_by_id(&self, store: &Stores, id: SessionId) -> Read<Option<Session>> {
        let answer = store.sessions.by_id(id).await?;
        self.0.lock().unwrap().push_back(answer);
        // The answer is on its way. Whoever is dropped here leaves it on the connection.
        yield_now().await;
        Ok(self.0.lock().unwrap().pop_front().flatten())
    }
}
