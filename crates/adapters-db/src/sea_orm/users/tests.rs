#![cfg(feature = "sqlite")]

use sea_orm::{DbBackend, Statement};
use tempfile::TempDir;
use uuid::Uuid;
use vestibule_application::{change::Change, ports::UnitOfWork};
use vestibule_domain::user::{EmailAddress, LoginName};

use super::*;
use crate::ConnectOptions;

/// A store where ada and bob are known.
async fn store() -> (SeaOrmStore, TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", directory.path().join("x.db").display());
    let store = SeaOrmStore::connect(&url, ConnectOptions::default()).await.unwrap();
    store.migrate().await.unwrap();
    for (number, name) in [(1, "ada"), (2, "bob")] {
        let user = User {
            id: UserId::from_uuid(Uuid::from_u128(number)),
            login: LoginName::parse(name).unwrap(),
            email: EmailAddress::parse(&format!("{name}@example.org")).unwrap(),
            roles: BTreeSet::new(),
            disabled: false,
            profile: Profile::default(),
            time_zone: TimeZoneName::default(),
            created: Timestamp::from_millis(1_800_000_000_000),
            last_successful_login: None,
            last_failed_login: None,
        };
        store.commit(vec![Change::AddUser { user, password: PasswordHash::new("$argon2id$") }]).await.unwrap();
    }
    (store, directory)
}

fn statement(names: &[&str]) -> Statement {
    let keys: Vec<LoginKey> = names.iter().map(|name| LoginKey::parse(name).unwrap()).collect();
    rows_for(keys.iter().collect()).build(DbBackend::Sqlite)
}

/// TM2.
#[tokio::test]
async fn a_users_row_is_read_for_each_key_whether_anybody_has_it_or_not_and_for_nothing_else() {
    let (store, _directory) = store().await;
    for names in [
        &["ada"][..],
        &["eve"],
        &["eve", "mallory", "trudy"],
        &["ada", "bob", "bob@example.org"],
        &["ada", "eve", "bob", "mallory", "ada@example.org"],
    ] {
        let rows = store.reads.query_all_raw(statement(names)).await.unwrap();
        assert_eq!(rows.len(), names.len(), "{names:?}");
        assert!(rows.iter().all(|row| found::<Entity>(row).is_ok()));
    }
}

#[tokio::test]
async fn keys_and_their_owners_are_found_by_an_index_however_many_are_asked_for() {
    let (store, _directory) = store().await;
    for names in [&["ada"][..], &["ada", "eve", "bob"]] {
        let Statement { sql, values, db_backend } = statement(names);
        let explain = Statement { sql: format!("EXPLAIN QUERY PLAN {sql}"), values, db_backend };
        let rows = store.reads.query_all_raw(explain).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.try_get("", "detail").unwrap()).collect();
        let each = |way: &str| plan.iter().filter(|step| step.starts_with(way)).count();
        let ways = ["SEARCH user_keys USING INDEX", "SEARCH users USING INDEX", "SCAN user_keys", "SCAN users"];
        // What is gone through is gone through to the first who comes.
        assert_eq!(ways.map(each), [1, 1, 0, 1], "{plan:#?}");
    }
}

#[test]
fn few_different_statements_are_made() {
    let statements: BTreeSet<String> = (1..=64).map(|many| statement(&vec!["ada"; many]).sql).collect();
    assert_eq!(statements.len(), 7);
}
