//! A Redis to test on, with keys of one's own.

use std::{
    env, process,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use uuid::Uuid;
use vestibule_adapters_redis::RedisStore;
use vestibule_application::ports::{Ids, Stores};

/// The environment variable with the URL of a Redis.
pub(crate) const ONE: &str = "VESTIBULE_TEST_REDIS_URL";
/// The same of one node of a cluster.
pub(crate) const CLUSTER: &str = "VESTIBULE_TEST_REDIS_CLUSTER_URL";

pub(crate) struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is the port")]
    fn next(&self) -> Uuid {
        Uuid::new_v4()
    }
}

/// A prefix of its own on a server.
pub(crate) struct Place {
    pub(crate) url: String,
}

impl Place {
    /// A fresh one on the server that the variable names, if it names one.
    #[expect(clippy::print_stderr, reason = "a test tells why it did nothing")]
    pub(crate) fn on(variable: &str) -> Option<Self> {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = env::var(variable) else {
            assert!(env::var_os("CI").is_none(), "{variable} is not set: run these tests by `cargo xtask test`");
            eprintln!("skipped: {variable} is not set; `cargo xtask test` sets it");
            return None;
        };
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        Some(Self { url: format!("{server}?prefix=test-{}-{number}", process::id()) })
    }

    /// Sessions here, everything else beside.
    pub(crate) async fn beside(&self, base: &Stores) -> RedisStore {
        RedisStore::connect(&self.url, Duration::from_secs(5), base.clone(), Arc::new(RandomIds)).await.unwrap()
    }
}
