//! Stores whose units are not all or nothing, or not in order.

use std::{collections::BTreeSet, sync::Mutex};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{self, Conflict, Stores},
};
use vestibule_domain::session::SessionId;

use crate::{
    common::{a_moment, conflict},
    fault::{Committed, Fault},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "what came before a conflict stays",
            "a transaction was forgotten, or Redis' MULTI was taken for one: it rolls nothing back",
            &["whatever_fails_last_undoes_what_came_first", "a_user_who_was_refused_does_not_close_the_latch"],
            || OneByOne { to_the_end: false },
        ),
        Mutant::new(
            "a pipeline goes on after a conflict",
            "commands sent together, each with its own outcome, of which the first is told",
            &["whatever_fails_last_undoes_what_came_first", "a_unit_that_failed_can_be_tried_again"],
            || OneByOne { to_the_end: true },
        ),
        Mutant::new(
            "messages are written whatever becomes of the unit",
            "the log has a connection of its own",
            &["a_unit_that_fails_records_nothing"],
            || LogApart,
        ),
        Mutant::new(
            "a unit is applied table by table",
            "an object mapper's flush puts deletes last and inserts first",
            &["changes_are_applied_in_order"],
            || TableByTable,
        ),
        Mutant::new(
            "a unit is applied backwards",
            "a batch is built by pushing and popping",
            &["changes_are_applied_in_order", "messages_are_numbered_in_the_order_they_were_recorded"],
            || Backwards,
        ),
        Mutant::new(
            "the first half of a unit can be seen first",
            "two stores, of which one is written after the other",
            &["a_reader_never_sees_half_a_unit", "a_commit_dropped_at_any_await_tears_nothing"],
            || InHalves { second_first: false },
        ),
        Mutant::new(
            "the second half of a unit can be seen first",
            "the same in the other order",
            &["a_reader_never_sees_half_a_unit"],
            || InHalves { second_first: true },
        ),
        Mutant::new(
            "an empty unit is an error",
            "INSERT INTO .. VALUES without any",
            &["an_empty_unit_is_no_conflict"],
            || NeverEmpty,
        ),
        Mutant::new(
            "what a failed unit wanted stays reserved",
            "SET NX of a lock or name, which is not taken back when a later step fails",
            &["a_unit_that_failed_can_be_tried_again"],
            Reserved::default,
        ),
    ]
}

struct OneByOne {
    to_the_end: bool,
}

#[async_trait]
impl Fault for OneByOne {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let mut told = Ok(ports::Committed::default());
        for change in changes {
            let committed = store.unit.commit(vec![change]).await;
            if told.is_ok() {
                told = committed;
            }
            if told.is_err() && !self.to_the_end {
                break;
            }
        }
        told
    }
}

struct LogApart;

#[async_trait]
impl Fault for LogApart {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let (log, rest) = changes.into_iter().partition(|change| matches!(change, Change::Record(_)));
        store.unit.commit(log).await?;
        store.unit.commit(rest).await
    }
}

struct TableByTable;

#[async_trait]
impl Fault for TableByTable {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        changes.sort_by_key(|change| match change {
            Change::AddUser { .. } | Change::BeginSession { .. } | Change::AddLoginToken(_) => 0,
            Change::ExpectUser { .. } | Change::EndSession { .. } => 1,
            _ => 2,
        });
        store.unit.commit(changes).await
    }
}

struct Backwards;

#[async_trait]
impl Fault for Backwards {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        changes.reverse();
        store.unit.commit(changes).await
    }
}

struct InHalves {
    second_first: bool,
}

#[async_trait]
impl Fault for InHalves {
    async fn commit(&self, store: &Stores, mut first: Vec<Change>) -> Committed {
        // What fails fails as a whole, so that only the moment in between is wrong.
        if let Some(conflict) = conflict(store, first.clone()).await {
            return Err(conflict.into());
        }
        let mut second = first.split_off(first.len() / 2);
        if self.second_first {
            std::mem::swap(&mut first, &mut second);
        }
        store.unit.commit(first).await?;
        a_moment().await;
        store.unit.commit(second).await
    }
}

struct NeverEmpty;

#[async_trait]
impl Fault for NeverEmpty {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        if changes.is_empty() {
            return Err(Conflict::Missing.into());
        }
        store.unit.commit(changes).await
    }
}

/// The sessions that failed units wanted to begin.
#[derive(Default)]
struct Reserved(Mutex<BTreeSet<SessionId>>);

#[async_trait]
impl Fault for Reserved {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let begun = changes.iter().filter_map(|change| match change {
            Change::BeginSession { session, .. } => Some(session.id),
            _ => None,
        });
        let begun: Vec<SessionId> = begun.collect();
        if begun.iter().any(|id| self.0.lock().unwrap().contains(id)) {
            return Err(Conflict::SessionExists.into());
        }
        let committed = store.unit.commit(changes).await;
        if committed.is_err() {
            self.0.lock().unwrap().extend(begun);
        }
        committed
    }
}
