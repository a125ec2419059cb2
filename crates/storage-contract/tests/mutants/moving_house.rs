//! Stores that lose something on the way from one to another.

use async_trait::async_trait;
use vestibule_application::ports::{
    StoredUser, Stores,
    archive::{Key, Kind, Record, Span},
};

use vestibule_domain::network::KnownNetworks;

use crate::{
    fault::{Fault, Read, Replaced},
    mutant::Mutant,
};

pub(crate) fn mutants() -> Vec<Mutant> {
    let mut mutants = vec![
        Mutant::new(
            "the first record of each further page is left out",
            "an offset where a key was meant",
            &["pages_of_records_join_without_gap_or_overlap"],
            || GapInPages,
        ),
        Mutant::new(
            "records put in replace nothing",
            "an import that only inserts",
            &["replacing_changes_what_is_within_the_span_and_nothing_else"],
            || Adds,
        ),
        Mutant::new(
            "records before the span go too",
            "DELETE without the lower bound",
            &["replacing_changes_what_is_within_the_span_and_nothing_else"],
            || Altered { span: |span| span.after = None, records: |_| {} },
        ),
        Mutant::new(
            "records after the span go too",
            "DELETE without the upper bound",
            &["replacing_changes_what_is_within_the_span_and_nothing_else"],
            || Altered { span: |span| span.through = None, records: |_| {} },
        ),
        Mutant::new(
            "records in any order are taken",
            "a copy that trusts its caller",
            &["records_that_do_not_belong_in_a_span_are_refused"],
            || Altered { span: |_| {}, records: |records| records.sort_by_key(Record::key) },
        ),
        Mutant::new(
            "a thousand records are put in, the rest is not",
            "a silent limit on parameters",
            &["two_thousand_records_are_replaced_at_once"],
            || Altered { span: |_| {}, records: |records| records.truncate(1000) },
        ),
    ];
    mutants.extend(contents());
    mutants
}

/// Those that forget a part of a record.
fn contents() -> Vec<Mutant> {
    vec![
        Mutant::new(
            "users arrive without their passwords",
            "an export made for people to read",
            &["users_put_in_are_found_by_their_keys_and_removed_ones_are_not"],
            || Altered { span: |_| {}, records: |records| each_user(records, |stored| stored.password = None) },
        ),
        Mutant::new(
            "users arrive in their first revision",
            "a counter that was taken for a detail",
            &["a_record_put_in_comes_back_with_everything_it_had"],
            || Altered { span: |_| {}, records: |records| each_user(records, |stored| stored.revision = 0) },
        ),
        Mutant::new(
            "users arrive as strangers",
            "what is only of use to the throttle is not moved, and the move locks people out",
            &["a_record_put_in_comes_back_with_everything_it_had"],
            || Altered {
                span: |_| {},
                records: |records| each_user(records, |stored| stored.networks = KnownNetworks::default()),
            },
        ),
        Mutant::new(
            "ended sessions arrive live",
            "authentik #18063: the other store decides otherwise",
            &["a_session_put_in_is_live_or_ended_as_it_was"],
            || Altered {
                span: |_| {},
                records: |records| {
                    for record in records {
                        if let Record::Session { session, .. } = record {
                            session.ended = None;
                        }
                    }
                },
            },
        ),
    ]
}

/// Changes the users among records.
fn each_user(records: &mut [Record], change: fn(&mut StoredUser)) {
    for record in records {
        if let Record::User(stored) = record {
            change(stored);
        }
    }
}

struct GapInPages;

#[async_trait]
impl Fault for GapInPages {
    async fn export(&self, store: &Stores, kind: Kind, after: Option<Key>, limit: u32) -> Read<Vec<Record>> {
        let further = after.is_some();
        let mut records = store.archive.export(kind, after, limit).await?;
        if further && !records.is_empty() {
            records.remove(0);
        }
        Ok(records)
    }
}

struct Adds;

#[async_trait]
impl Fault for Adds {
    async fn replace(&self, store: &Stores, span: Span, mut records: Vec<Record>) -> Replaced {
        let there = store.archive.export(span.kind, span.after.clone(), u32::MAX).await?;
        let new: Vec<Key> = records.iter().map(Record::key).collect();
        records.extend(there.into_iter().filter(|old| span.has(&old.key()) && !new.contains(&old.key())));
        records.sort_by_key(Record::key);
        store.archive.replace(span, records).await
    }
}

struct Altered {
    span: fn(&mut Span),
    records: fn(&mut Vec<Record>),
}

#[async_trait]
impl Fault for Altered {
    async fn replace(&self, store: &Stores, mut span: Span, mut records: Vec<Record>) -> Replaced {
        (self.span)(&mut span);
        (self.records)(&mut records);
        store.archive.replace(span, records).await
    }
}
