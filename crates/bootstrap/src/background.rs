//! What a running service does unasked: writes when sessions were last seen, ends expired sessions, forgets old ones.

mod census;
#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use anyhow::Context;
use tokio::{
    sync::watch,
    time::{MissedTickBehavior, interval},
};
use vestibule_application::{
    activity::Activity,
    meters::Count,
    ports::{Budgets, Clock, Housekeeping, SessionStore},
};
use vestibule_domain::time::Timestamp;

const CANNOT_WRITE: &str = "cannot write when sessions were last seen";

/// What the tasks have done.
#[derive(Debug, Default)]
pub(crate) struct SweepMeters {
    /// Sweeps.
    pub(crate) done: Count,
    /// Sweeps and writes of last-seen times that failed.
    pub(crate) failed: Count,
    /// Sessions that were ended.
    pub(crate) expired: Count,
    /// Rows that were deleted.
    pub(crate) forgotten: Count,
    /// One more than there were live sessions; 0: nobody has looked yet.
    live: AtomicU64,
}

impl SweepMeters {
    /// About how many live sessions the store had at the latest sweep.
    pub(crate) fn live(&self) -> Option<u64> {
        self.live.load(Relaxed).checked_sub(1)
    }
}

/// The tasks, and how often they are due.
pub(crate) struct Background {
    pub(crate) activity: Arc<Activity>,
    pub(crate) housekeeping: Arc<dyn Housekeeping>,
    pub(crate) budgets: Arc<dyn Budgets>,
    /// Where sessions are counted.
    pub(crate) sessions: Arc<dyn SessionStore>,
    pub(crate) meters: Arc<SweepMeters>,
    pub(crate) clock: Arc<dyn Clock>,
    /// How often last-seen times are written.
    pub(crate) touch_interval: Duration,
    /// How often the store is swept.
    pub(crate) sweep_interval: Duration,
    /// How long ended sessions are kept.
    pub(crate) keep_ended: Duration,
}

impl Background {
    /// So few rows at a time that nobody else waits for long.
    const BATCH: u32 = 500;

    /// Works until `stop` changes or its sender is gone, then writes what is still noted. A task that fails is tried again when it is due.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let (mut touch, mut sweep) = (interval(self.touch_interval), interval(self.sweep_interval));
        for due in [&mut touch, &mut sweep] {
            due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        }
        let stopping = stop.clone();
        loop {
            // A task that has begun is finished: dropping it could leave a transaction behind.
            let done = tokio::select! {
                biased;
                _ = stop.changed() => break,
                _ = touch.tick() => self.flush(self.clock.now()).await,
                _ = sweep.tick() => self.sweep(&stopping).await,
            };
            if let Err(error) = done {
                self.meters.failed.one_more();
                tracing::error!("{error:#}; trying again when it is next due");
            }
        }
        if let Err(error) = self.activity.flush_all().await.context(CANNOT_WRITE) {
            tracing::error!("{error:#}; some sessions will idle out a little early");
        }
    }

    async fn flush(&self, now: Timestamp) -> anyhow::Result<()> {
        self.activity.flush(now).await.context(CANNOT_WRITE)
    }

    /// Last-seen times go first, or sessions in use would be found idle. Those that are not due yet are of sessions that
    /// cannot be idle yet, going by the times that the store has.
    async fn sweep(&self, stop: &watch::Receiver<bool>) -> anyhow::Result<()> {
        // The time comes before that: what is seen while it is written was not idle.
        let now = self.clock.now();
        self.flush(now).await?;
        let keep_from = now.minus(self.keep_ended);
        let mut more = true;
        while more && !*stop.borrow() {
            let expired = self.housekeeping.expire(now, Self::BATCH).await.context("cannot end expired sessions");
            // Whatever is wrong with those, old ones can go.
            let gone = self.housekeeping.forget(keep_from, Self::BATCH).await.context("cannot forget old sessions")?;
            let full = self.budgets.sweep(Self::BATCH).await.context("cannot forget what budgets were for")?;
            self.meters.forgotten.add(gone.into());
            let expired = expired?;
            self.meters.expired.add(expired.into());
            more = expired.max(gone).max(full) >= Self::BATCH;
        }
        let live = census::live(self.sessions.as_ref(), now).await.context("cannot count live sessions")?;
        self.meters.live.store(live.saturating_add(1), Relaxed);
        self.meters.done.one_more();
        Ok(())
    }
}
