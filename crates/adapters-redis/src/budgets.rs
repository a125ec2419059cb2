//! Budgets in Redis, for all processes of a service together.
//!
//! A bucket is a list of the times of its attempts, which Redis forgets by itself. All buckets are on one node of a
//! cluster, so that an attempt is charged to several in one go. A Redis that crashes or fails over may forget attempts:
//! guessers then have a little more room, once.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use redis::ScriptInvocation;
use sha2::{Digest as _, Sha256};
use vestibule_application::ports::{Bucket, BudgetLimits, Budgets, Clock, NotCharged, StoreError};
use vestibule_domain::secret::Digest;

use crate::{
    RedisStore,
    entries::Entries,
    scripts::{CHARGE, REFUND},
};

/// Counts attempts in Redis.
pub struct RedisBudgets {
    entries: Entries,
    limits: BudgetLimits,
    clock: Arc<dyn Clock>,
}

impl RedisStore {
    /// Budgets in this Redis. All processes must have the same limits.
    pub fn budgets(&self, limits: BudgetLimits, clock: Arc<dyn Clock>) -> RedisBudgets {
        RedisBudgets { entries: self.entries.clone(), limits, clock }
    }
}

#[async_trait]
impl Budgets for RedisBudgets {
    async fn charge(&self, buckets: &[Bucket]) -> Result<(), NotCharged> {
        let named = self.named(buckets);
        let mut script = CHARGE.prepare_invoke();
        script.arg(self.clock.now().as_millis());
        for (key, (bucket, times)) in &named {
            let limit = self.limits.of(bucket);
            let window = u64::try_from(limit.window.as_millis()).unwrap_or(u64::MAX);
            script.key(key).arg(*times).arg(limit.amount).arg(window);
        }
        let spent: Option<(usize, u64)> = self.entries.connection.run(&script).await?;
        let Some((place, wait)) = spent else { return Ok(()) };
        let (bucket, _) = named.values().nth(place).ok_or(StoreError::Malformed("budget"))?;
        Err(NotCharged::Spent { bucket: (*bucket).clone(), retry_after: std::time::Duration::from_millis(wait) })
    }

    async fn refund(&self, buckets: &[Bucket]) {
        let mut script = REFUND.prepare_invoke();
        for (key, (_, times)) in self.named(buckets) {
            script.key(key).arg(times);
        }
        if let Err(error) = self.take_back(&script).await {
            tracing::warn!("an attempt that turned out well stays charged for a while: {error}");
        }
    }

    async fn sweep(&self, _limit: u32) -> Result<u32, StoreError> {
        // Redis does.
        Ok(0)
    }
}

impl RedisBudgets {
    /// The key of each bucket, and how often it is named. What a bucket is for may have been typed by somebody, and be
    /// anything, so its key is a digest of that.
    fn named<'b>(&self, buckets: &'b [Bucket]) -> BTreeMap<String, (&'b Bucket, usize)> {
        let mut named = BTreeMap::new();
        for bucket in buckets {
            let digest = Digest::new(Sha256::digest(bucket.to_string()).into());
            named.entry(self.entries.keys.budget(&digest)).or_insert((bucket, 0)).1 += 1;
        }
        named
    }

    async fn take_back(&self, script: &ScriptInvocation<'_>) -> Result<(), StoreError> {
        // Once: it takes back one attempt more each time.
        let taken: Result<(), _> = script.invoke_async(&mut self.entries.connection.clone()).await;
        taken.map_err(crate::connection::unavailable)
    }
}
