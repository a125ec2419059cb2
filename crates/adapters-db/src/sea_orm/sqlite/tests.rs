use sea_orm::{ConnectionTrait, Statement};

use super::*;

async fn pragma(pool: &DatabaseConnection, name: &str) -> String {
    let asked = Statement::from_string(pool.get_database_backend(), format!("PRAGMA {name}"));
    let row = pool.query_one_raw(asked).await.unwrap().unwrap();
    row.try_get_by_index::<String>(0).or_else(|_| row.try_get_by_index::<i64>(0).map(|n| n.to_string())).unwrap()
}

#[tokio::test]
async fn every_connection_is_durable_patient_and_keeps_foreign_keys_and_readers_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("x.db").display());
    let store = open(&url, ConnectOptions::default()).await.unwrap();
    for (pool, query_only, busy_timeout) in [(store.writes.connection(), "0", "10"), (&store.reads, "1", "5000")] {
        assert_eq!(pragma(pool, "journal_mode").await, "wal");
        assert_eq!(pragma(pool, "synchronous").await, "2", "FULL");
        assert_eq!(pragma(pool, "foreign_keys").await, "1");
        assert_eq!(pragma(pool, "busy_timeout").await, busy_timeout);
        assert_eq!(pragma(pool, "query_only").await, query_only);
    }
    assert!(store.reads.execute_unprepared("CREATE TABLE t (x)").await.is_err());
}
