//! Fresh databases on the servers that the environment names.

use std::{
    env, process,
    sync::atomic::{AtomicU32, Ordering},
};

use sea_orm::{ConnectionTrait, Database};

/// The environment variable with the URL of a PostgreSQL database whose user may make others.
pub const POSTGRES: &str = "VESTIBULE_TEST_POSTGRES_URL";
/// The same for MySQL or MariaDB.
pub const MYSQL: &str = "VESTIBULE_TEST_MYSQL_URL";

/// The environment variable with the URL of a Redis.
pub const REDIS: &str = "VESTIBULE_TEST_REDIS_URL";
/// The same of one node of a Redis Cluster.
pub const REDIS_CLUSTER: &str = "VESTIBULE_TEST_REDIS_CLUSTER_URL";

/// The URL of a server, if this variable names one.
pub fn server(variable: &str) -> Option<String> {
    let server = env::var(variable).ok();
    if server.is_none() {
        assert!(env::var_os("CI").is_none(), "{variable} is not set: run these tests by `cargo xtask test`");
        eprintln!("skipped: {variable} is not set; `cargo xtask test` sets it");
    }
    server
}

/// The URL of a fresh database on the server that this variable names, if it names one.
pub async fn fresh_database(variable: &str) -> Option<String> {
    let server = server(variable)?;
    let name = fresh_name();
    let connection = Database::connect(&server).await.unwrap();
    connection.execute_unprepared(&format!("CREATE DATABASE {name}")).await.unwrap();
    connection.close().await.unwrap();
    let (address, _) = server.rsplit_once('/').expect("the URL names a database");
    Some(format!("{address}/{name}"))
}

/// A name that nothing else has.
fn fresh_name() -> String {
    static MADE: AtomicU32 = AtomicU32::new(0);
    format!("vestibule_tests_{}_{}", process::id(), MADE.fetch_add(1, Ordering::Relaxed))
}

/// A line for the section `[storage]`, by which sessions are kept in the Redis that this variable names.
pub fn sessions_on(variable: &str) -> Option<String> {
    Some(format!("sessions_url = \"{}?prefix={}\"\n", server(variable)?, fresh_name()))
}

/// Where several processes and servers share a machine that others use too, all of it may stand still for seconds: no node is
/// to take its server for away then.
const PATIENCE: &str = "patience = \"2m\"\nstatement_timeout = \"2m\"\nlock_timeout = \"2m\"\n";

/// The section of a configuration that keeps everything in a fresh database on the server that this variable names.
pub async fn storage_on(variable: &str) -> Option<String> {
    Some(format!("[storage]\nurl = \"{}\"\n{PATIENCE}", fresh_database(variable).await?))
}

/// A line for the section `[storage]`, by which the nodes on a server keep in memory what they read, and follow the log.
pub const FOLLOW_LOG: &str = "follow_log = true\n";

/// Lines for the same section, by which they do not even ask the log, because whoever writes waits for them.
pub const LEASES: &str = "follow_log = true\nleases = true\n";
