//! Several processes on one server, and what a server may do to them.

use std::time::Duration;

use sea_orm::{ConnectionTrait, TransactionTrait};
use uuid::Uuid;
use vestibule_adapters_db::{ConnectOptions, SeaOrmStore};
use vestibule_application::{
    change::Change,
    ports::{CommitError, Health, MessageLog, SessionStore, StoreError, UnitOfWork},
};
use vestibule_domain::{
    message::{Agent, Event, EventKind},
    secret::Digest,
    session::{DeviceName, EndReason, Ending, Origin, Session, SessionId},
    time::Timestamp,
};

use super::server::{MYSQL, POSTGRES, Place};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

pub(crate) fn id(number: u128) -> SessionId {
    SessionId::from_uuid(Uuid::from_u128(number))
}

pub(crate) fn begin(number: u128) -> Change {
    let session =
        Session::begin(id(number), Origin::new("test"), DeviceName::default(), NOW, NOW.plus(Duration::from_hours(1)));
    let mut digest = [0; 32];
    digest[..16].copy_from_slice(&number.to_be_bytes());
    Change::BeginSession { session, digest: Digest::new(digest) }
}

fn end(number: u128) -> Change {
    Change::EndSession { id: id(number), ending: Ending { at: NOW, reason: EndReason::SignedOut } }
}

fn record() -> Change {
    let kind = EventKind::UserAdded;
    Change::Record(Event {
        kind,
        at: NOW,
        session: None,
        subject: None,
        origin: None,
        address: None,
        by: Agent::default(),
    })
}

/// Stamps each of these on each server.
macro_rules! on_each_server {
    ($($law:ident)*) => {
        mod postgres { use super::*; $(on_each_server!(@one POSTGRES $law);)* }
        mod mysql { use super::*; $(on_each_server!(@one MYSQL $law);)* }
    };
    (@one $server:ident $law:ident) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn $law() {
            let Some(place) = Place::on($server).await else { return };
            super::$law(place).await;
        }
    };
}

on_each_server!(
    processes_that_start_at_once_make_the_tables_once
    a_migration_that_broke_off_before_it_was_noted_is_completed
    a_session_ended_by_one_process_has_ended_for_the_other_at_once
    units_that_wait_for_each_other_all_succeed
    whoever_follows_the_log_misses_no_message
    every_unit_says_which_message_is_its_own
    a_write_that_waited_too_long_says_that_the_store_is_unavailable
    an_error_names_the_place_and_never_the_password
);

async fn processes_that_start_at_once_make_the_tables_once(place: Place) {
    let stores = [place.connect().await, place.connect().await, place.connect().await];
    let [first, second, third] = &stores;
    let made = tokio::join!(first.migrate(), second.migrate(), third.migrate());
    assert!(made.0.is_ok() && made.1.is_ok() && made.2.is_ok(), "{made:?}");
    assert_eq!(third.pending_migrations().await.unwrap(), Vec::<String>::new());
    first.ping().await.unwrap();
}

/// On MySQL and MariaDB tables are altered in no transaction.
async fn a_migration_that_broke_off_before_it_was_noted_is_completed(place: Place) {
    let store = place.migrated().await;
    let forget = "DELETE FROM seaql_migrations WHERE version = 'm0003_operators'";
    assert_eq!(place.foreign().await.execute_unprepared(forget).await.unwrap().rows_affected(), 1);
    store.migrate().await.unwrap();
    assert!(store.pending_migrations().await.unwrap().is_empty());
    store.commit(vec![record()]).await.unwrap();
}

/// TX-8.
async fn a_session_ended_by_one_process_has_ended_for_the_other_at_once(place: Place) {
    let (one, other) = (place.migrated().await, place.migrated().await);
    for number in 1..=200 {
        let (writer, reader) = if number % 2 == 0 { (&one, &other) } else { (&other, &one) };
        writer.commit(vec![begin(number)]).await.unwrap();
        assert!(SessionStore::by_id(reader, id(number)).await.unwrap().unwrap().ended.is_none());
        reader.commit(vec![end(number)]).await.unwrap();
        assert!(SessionStore::by_id(writer, id(number)).await.unwrap().unwrap().ended.is_some());
    }
}

async fn units_that_wait_for_each_other_all_succeed(place: Place) {
    let store = place.migrated().await;
    store.commit(vec![begin(1), begin(2)]).await.unwrap();
    let touch = |number, at| Change::TouchSessions(vec![(id(number), NOW.plus(Duration::from_millis(at)))]);
    // PostgreSQL looks for such a circle only after a second.
    for round in 1..=5 {
        let (there, back) = (vec![touch(1, round), touch(2, round)], vec![touch(2, round + 1), touch(1, round + 1)]);
        let done = tokio::join!(
            store.commit(there.clone()),
            store.commit(back.clone()),
            store.commit(there),
            store.commit(back)
        );
        assert!(done.0.is_ok() && done.1.is_ok() && done.2.is_ok() && done.3.is_ok(), "{done:?}");
    }
}

async fn whoever_follows_the_log_misses_no_message(place: Place) {
    let store = place.migrated().await;
    let writers: Vec<_> = (0..100)
        .map(|number| {
            let store = store.clone();
            // The message of some units comes long before their end.
            tokio::spawn(async move { store.commit(vec![record(), begin(2 * number), begin(2 * number + 1)]).await })
        })
        .collect();
    let (mut seen, mut last) = (0, 0);
    while seen < 100 {
        let are_done = writers.iter().all(tokio::task::JoinHandle::is_finished);
        let page = MessageLog::page(&store, last, 7).await.unwrap();
        assert!(!(are_done && page.is_empty()), "only {seen} of 100 messages were seen");
        seen += page.len();
        last = page.last().map_or(last, |message| message.id);
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
}

/// Whoever waits for others to hear of it needs no less, and no more.
async fn every_unit_says_which_message_is_its_own(place: Place) {
    let stores = [place.migrated().await, place.connect().await];
    let mut units = tokio::task::JoinSet::new();
    for number in 1..=20_u128 {
        let store = stores[usize::try_from(number % 2).unwrap()].clone();
        units.spawn(async move { store.commit(vec![record(), begin(number), record()]).await.unwrap().newest });
    }
    let mut told: Vec<_> = units.join_all().await.into_iter().map(Option::unwrap).collect();
    told.sort_unstable();
    // Each is the second of two, and units take turns from their first on.
    assert_eq!(told, (1..=20).map(|unit| 2 * unit).collect::<Vec<_>>());
}

async fn a_write_that_waited_too_long_says_that_the_store_is_unavailable(place: Place) {
    place.migrated().await.commit(vec![begin(1)]).await.unwrap();
    let options = ConnectOptions { lock_timeout: Duration::from_secs(1), ..ConnectOptions::default() };
    let store = SeaOrmStore::connect(&place.url, options).await.unwrap();
    let foreign = place.foreign().await.begin().await.unwrap();
    foreign.execute_unprepared("UPDATE sessions SET device = 'held'").await.unwrap();
    let late = store.commit(vec![end(1)]).await;
    assert!(matches!(late, Err(CommitError::Store(StoreError::Unavailable(_)))), "{late:?}");
    foreign.rollback().await.unwrap();
    store.commit(vec![end(1)]).await.unwrap();
}

async fn an_error_names_the_place_and_never_the_password(place: Place) {
    let (server, _) = place.url.rsplit_once('/').unwrap();
    let (scheme, host) = server.split_once("://").unwrap();
    let host = host.rsplit('@').next().unwrap();
    let options = ConnectOptions { patience: Duration::from_secs(1), ..ConnectOptions::default() };
    let refused = async |url: String| {
        let error = SeaOrmStore::connect(&url, options).await.err().unwrap();
        assert!(!format!("{error} {error:?}").contains("tiger"), "{error:?}");
        error.to_string()
    };
    let nowhere = format!("cannot open the database at {host}/nowhere");
    assert_eq!(refused(format!("{scheme}://scott:tiger@{host}/nowhere")).await, nowhere);
    let nobody = "cannot open the database at 127.0.0.1:1/nowhere";
    assert_eq!(refused(format!("{scheme}://scott:tiger@127.0.0.1:1/nowhere")).await, nobody);
    for url in ["://scott:tiger@host", "://scott:tiger@host:port/nowhere"] {
        assert!(refused(format!("{scheme}{url}")).await.contains("as in"));
    }
}
