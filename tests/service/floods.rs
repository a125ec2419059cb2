//! A4: anonymous floods leave nothing behind.

use std::{fs, path::Path};

use reqwest::Method;
use sea_orm::{ConnectionTrait, Database, DatabaseBackend, Statement};
use tokio::task::JoinSet;
use vestibule_tests::{Caller, Process};

use crate::sabotaged::sabotaged;

/// Requests in all.
const REQUESTS: usize = 4_000;
/// Of them at a time.
const AT_A_TIME: usize = 16;

/// What a flood may have left behind: rows of every table, bytes of the database, bytes of memory.
#[derive(Debug, PartialEq, Eq)]
struct Traces {
    rows: i64,
    bytes: i64,
    memory: i64,
}

impl Traces {
    /// What there is after everything in the log that SQLite writes ahead was taken over.
    async fn of(directory: &Path, process: u32) -> Self {
        let url = format!("sqlite://{}", directory.join("vestibule-data/vestibule.db").display());
        let database = Database::connect(url).await.unwrap();
        let number = async |query: String| {
            let row = database.query_one_raw(Statement::from_string(DatabaseBackend::Sqlite, query)).await.unwrap();
            row.unwrap().try_get_by_index::<i64>(0).unwrap()
        };
        database.execute_unprepared("PRAGMA wal_checkpoint(TRUNCATE)").await.unwrap();
        let tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
        let tables = Statement::from_string(DatabaseBackend::Sqlite, tables);
        let mut rows = 0;
        for table in database.query_all_raw(tables).await.unwrap() {
            let table: String = table.try_get_by_index(0).unwrap();
            rows += number(format!("SELECT count(*) FROM \"{table}\"")).await;
        }
        let bytes = number("SELECT page_count * page_size FROM pragma_page_count, pragma_page_size".to_owned()).await;
        database.close().await.unwrap();
        let pages = fs::read_to_string(format!("/proc/{process}/statm")).unwrap();
        let resident: i64 = pages.split(' ').nth(1).unwrap().parse().unwrap();
        Self { rows, bytes, memory: resident * 4096 }
    }
}

/// Begins so many anonymous sessions through both APIs that have them, with and without what comes along.
async fn flood(at: &Caller, requests: usize) {
    let mut clients = JoinSet::new();
    for client in 0..AT_A_TIME {
        let at = at.clone();
        clients.spawn(async move {
            for number in 0..requests / AT_A_TIME {
                let path = ["/api/session", "/session/start/", "/session/start/?system=android"][(number + client) % 3];
                let request = at.request(Method::GET, path).header("user-agent", format!("flood/{number}"));
                assert_eq!(at.send(request).await.status, 200);
            }
        });
    }
    clients.join_all().await;
}

/// What a flood added.
async fn added(sabotage: Option<&str>) -> Traces {
    let directory = tempfile::tempdir().unwrap();
    let process = match sabotage {
        Some(name) => Process::spawn(sabotaged(name, directory.path())).await,
        None => Process::start(directory.path()).await,
    };
    flood(&process.caller, REQUESTS / 4).await;
    let before = Traces::of(directory.path(), process.id()).await;
    flood(&process.caller, REQUESTS).await;
    let after = Traces::of(directory.path(), process.id()).await;
    let added = Traces {
        rows: after.rows - before.rows,
        bytes: after.bytes - before.bytes,
        memory: after.memory - before.memory,
    };
    eprintln!("{REQUESTS} anonymous sessions added {added:?}");
    added
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_anonymous_sessions_add_no_row_no_byte_and_hardly_any_memory() {
    let added = added(None).await;
    assert_eq!((added.rows, added.bytes), (0, 0));
    assert!(added.memory < 16 << 20, "{} bytes of memory", added.memory);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a4_anonymous_sessions_that_are_rows_are_noticed() {
    let added = added(Some("keeps-anonymous-sessions")).await;
    assert!(added.rows > 0 && added.bytes > 0, "{added:?}");
}
