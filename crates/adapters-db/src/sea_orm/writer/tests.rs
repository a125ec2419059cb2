use std::{sync::atomic::AtomicUsize, time::Instant};

use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use tokio::{sync::Semaphore, task::JoinSet};
use uuid::Uuid;
use vestibule_application::{
    change::Change,
    ports::{RoleStore, UnitOfWork},
};
use vestibule_domain::{
    secret::Digest,
    session::{DeviceName, Origin, Session, SessionId},
    time::Timestamp,
};

use super::*;
use crate::{
    ConnectOptions, SeaOrmStore,
    sea_orm::{
        error::unavailable,
        unit_of_work::{Writes, apart::once, apply_all},
    },
};

const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

struct Place {
    store: SeaOrmStore,
    directory: TempDir,
}

async fn place() -> Place {
    let directory = tempfile::tempdir().unwrap();
    let store = open(&directory, ConnectOptions::default().patience).await;
    store.migrate().await.unwrap();
    Place { store, directory }
}

async fn open(directory: &TempDir, patience: Duration) -> SeaOrmStore {
    let url = format!("sqlite://{}", directory.path().join("x.db").display());
    SeaOrmStore::connect(&url, ConnectOptions { patience, ..ConnectOptions::default() }).await.unwrap()
}

/// A session of this number, under a digest that looks as random as one does.
fn begin(number: u64) -> Vec<Change> {
    let spread = u128::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let session = Session::begin(
        SessionId::from_uuid(Uuid::from_u128(spread)),
        Origin::new("test"),
        DeviceName::default(),
        NOW,
        NOW.plus(Duration::from_hours(1)),
    );
    let digest = Digest::new(std::array::from_fn(|at| spread.to_be_bytes()[at % 16]));
    vec![Change::BeginSession { session, digest }]
}

type Does = for<'a> fn(&'a DatabaseTransaction) -> Work<'a, (), StoreError>;

/// Has a transaction wait until all these are asked for, so that they are in it, and says what came of each.
async fn together(place: &Place, all: &[Does]) -> Vec<Result<(), StoreError>> {
    let Writes::Together(writer) = &place.store.writes else { unreachable!() };
    let (gate, mut others) = (Arc::new(Semaphore::new(0)), Vec::new());
    let opened = gate.clone();
    let first = write_by(place.store.clone(), move |_| {
        let opened = opened.clone();
        Box::pin(async move {
            // Once it is closed, nobody waits, however often this is run.
            let _ = opened.acquire().await;
            Ok(())
        })
    });
    let writing = tokio::spawn(first);
    for (before, does) in all.iter().enumerate() {
        others.push(tokio::spawn(write_by(place.store.clone(), *does)));
        while writer.units.max_capacity() - writer.units.capacity() <= before {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }
    let other = open(&place.directory, Duration::from_millis(30)).await;
    assert!(other.commit(begin(0)).await.is_err(), "a transaction has the file to itself before it writes anything");
    gate.close();
    let mut outcomes = vec![writing.await.unwrap()];
    for other in others {
        outcomes.push(other.await.unwrap());
    }
    outcomes
}

async fn write_by(
    store: SeaOrmStore,
    work: impl for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, (), StoreError> + Send + Sync + 'static,
) -> Result<(), StoreError> {
    store.write(work).await
}

fn run<'a>(tx: &'a DatabaseTransaction, sql: &'static str) -> Work<'a, (), StoreError> {
    Box::pin(async move { tx.execute_unprepared(sql).await.map(drop).map_err(unavailable) })
}

fn adds_one(tx: &DatabaseTransaction) -> Work<'_, (), StoreError> {
    run(tx, "INSERT INTO roles VALUES ('one', '[]')")
}

fn adds_another(tx: &DatabaseTransaction) -> Work<'_, (), StoreError> {
    run(tx, "INSERT INTO roles VALUES ('another', '[]')")
}

fn panics(tx: &DatabaseTransaction) -> Work<'_, (), StoreError> {
    Box::pin(async move {
        run(tx, "INSERT INTO roles VALUES ('lost', '[]')").await?;
        panic!("as a test wants it")
    })
}

/// What only a commit finds out.
fn cannot_be_committed(tx: &DatabaseTransaction) -> Work<'_, (), StoreError> {
    run(tx, "PRAGMA defer_foreign_keys = ON; INSERT INTO user_keys VALUES ('nobody', x'00', 1, 1)")
}

/// As SQLite itself does when the disk is full.
fn breaks_off(tx: &DatabaseTransaction) -> Work<'_, (), StoreError> {
    run(tx, "INSERT INTO roles VALUES ('lost', '[]'); ROLLBACK; SELECT nothing")
}

/// The roles there are beside those that are shipped.
async fn roles(place: &Place) -> Vec<String> {
    let roles = RoleStore::all(&place.store).await.unwrap();
    let names = roles.iter().map(|role| role.name.to_string());
    names.filter(|name| ["one", "another", "lost"].contains(&name.as_str())).collect()
}

#[tokio::test]
async fn a_unit_that_panics_leaves_the_others_alone_and_the_writer_at_work() {
    let place = place().await;
    let outcomes = together(&place, &[adds_one, panics, adds_another]).await;
    assert!(matches!(outcomes[..], [Ok(()), Ok(()), Err(StoreError::Unavailable(_)), Ok(())]), "{outcomes:?}");
    assert_eq!(roles(&place).await, ["another", "one"]);
    place.store.commit(begin(1)).await.unwrap();
}

#[tokio::test]
async fn a_unit_that_fails_leaves_nothing_behind_and_the_others_alone() {
    let place = place().await;
    let writes_and_fails: Does = |tx| {
        Box::pin(async move {
            run(tx, "INSERT INTO roles VALUES ('lost', '[]')").await?;
            adds_one(tx).await
        })
    };
    let outcomes = together(&place, &[adds_one, writes_and_fails, adds_another, writes_and_fails]).await;
    let stayed: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(stayed, [true, true, false, true, false], "{outcomes:?}");
    assert_eq!(roles(&place).await, ["another", "one"]);
}

#[tokio::test]
async fn a_unit_that_panics_when_it_is_run_again_is_not_taken_for_done() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let place = place().await;
    let panics_later: Does = |tx| {
        if RUNS.fetch_add(1, Ordering::Relaxed) == 0 { adds_one(tx) } else { panics(tx) }
    };
    let fails: Does = |tx| run(tx, "SELECT nothing");
    let outcomes = together(&place, &[panics_later, fails, adds_another]).await;
    let stayed: Vec<bool> = outcomes.iter().map(Result::is_ok).collect();
    assert_eq!(stayed, [true, false, false, true], "{outcomes:?}");
    assert_eq!(roles(&place).await, ["another"]);
}

#[tokio::test]
async fn a_unit_that_fails_alone_is_run_once_and_leaves_nothing_behind() {
    static RUNS: AtomicUsize = AtomicUsize::new(0);
    let place = place().await;
    let failed = write_by(place.store.clone(), |tx| {
        RUNS.fetch_add(1, Ordering::Relaxed);
        Box::pin(async move {
            adds_one(tx).await?;
            run(tx, "SELECT nothing").await
        })
    });
    assert!(failed.await.is_err());
    assert_eq!((RUNS.load(Ordering::Relaxed), roles(&place).await), (1, Vec::new()));
    place.store.commit(begin(1)).await.unwrap();
}

#[tokio::test]
async fn units_whose_commit_fails_all_fail() {
    let place = place().await;
    let outcomes = together(&place, &[adds_one, cannot_be_committed, adds_another]).await;
    let failed = |outcome: &Result<(), StoreError>| {
        outcome.as_ref().is_err_and(|error| format!("{error:?}").contains("FOREIGN KEY"))
    };
    assert!(outcomes.iter().all(failed), "{outcomes:?}");
    assert_eq!(roles(&place).await, [""; 0]);
    place.store.commit(begin(1)).await.unwrap();
}

#[tokio::test]
async fn units_whose_transaction_sqlite_broke_off_all_fail_and_those_after_them_are_written() {
    let place = place().await;
    let outcomes = together(&place, &[adds_one, breaks_off]).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Err(StoreError::Unavailable(_)))), "{outcomes:?}");
    assert_eq!(roles(&place).await, [""; 0]);
    let outcomes = together(&place, &[adds_one, adds_another]).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    assert_eq!(roles(&place).await, ["another", "one"]);
}

#[tokio::test]
async fn no_more_than_so_many_units_are_in_a_transaction() {
    let place = place().await;
    let mut many: Vec<Does> = vec![adds_one];
    many.resize(MOST, |tx| run(tx, "SELECT 1"));
    // With the first one there is one too many, which would spoil the commit of all.
    many[MOST - 1] = cannot_be_committed;
    let outcomes = together(&place, &many).await;
    assert!(outcomes[MOST].is_err() && outcomes[..MOST].iter().all(Result::is_ok), "{outcomes:?}");
}

/// Not about what is right, but about what it is for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures, for some 20 seconds: to be run in release, with --nocapture"]
#[expect(clippy::print_stderr, reason = "this is what it is for")]
async fn many_commits_at_once_against_one_at_a_time() {
    const WRITERS: usize = 64;
    let place = place().await;
    let mut ratios = Vec::new();
    let mut number = 0;
    for _ in 0..9 {
        let mut rates = [0.0; 2];
        for together in [false, true] {
            let (start, mut writers, mut count) = (Instant::now(), JoinSet::new(), 0_u32);
            while {
                while writers.len() < WRITERS && start.elapsed() < Duration::from_secs(1) {
                    number += 1;
                    let (store, number) = (place.store.clone(), number);
                    writers.spawn(async move {
                        if together {
                            store.commit(begin(number)).await
                        } else {
                            let Writes::Together(writer) = &store.writes else { unreachable!() };
                            let unit = begin(number);
                            once(&writer.connection, &|tx| Box::pin(apply_all(tx, unit.clone()))).await
                        }
                    });
                }
                writers.join_next().await.map(|done| done.unwrap().unwrap()).is_some()
            } {
                count += 1;
            }
            rates[usize::from(together)] = f64::from(count) / start.elapsed().as_secs_f64();
        }
        eprintln!("each {:.0}/s, together {:.0}/s", rates[0], rates[1]);
        ratios.push(rates[1] / rates[0]);
    }
    ratios.sort_by(f64::total_cmp);
    eprintln!("median ratio {:.2}, from {:.2} to {:.2}", ratios[4], ratios[0], ratios[8]);
}
