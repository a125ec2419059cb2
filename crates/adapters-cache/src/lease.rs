//! A lease by which a node answers from memory without asking what others have written: they wait until it has heard.

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use tokio::{
    select,
    sync::{Notify, watch},
    time::{MissedTickBehavior, interval, sleep, timeout},
};
use vestibule_application::ports::{Holder, Ids, Leases, StoreError, WAITED_FOR};
use vestibule_domain::message::MessageId;

use crate::followed::Followed;

/// Time that passed since some moment, whatever the clock on the wall is set to.
pub(crate) type Elapsed = fn() -> Duration;

/// What is said of it to whoever would answer from memory.
pub(crate) struct Lease {
    elapsed: Elapsed,
    /// When it is over, in nanoseconds.
    until: AtomicU64,
    /// The newest message that was heard of.
    newest: AtomicU64,
    /// Somebody has asked for it since it was last looked at.
    asked: AtomicBool,
    /// And there was none.
    wanted: Notify,
}

impl Lease {
    pub(crate) fn new(elapsed: Elapsed) -> Self {
        let (until, newest) = (AtomicU64::new(0), AtomicU64::new(0));
        Self { elapsed, until, newest, asked: AtomicBool::new(false), wanted: Notify::new() }
    }

    /// The newest message, if all that was acknowledged by now is known.
    pub(crate) fn in_force(&self) -> Option<MessageId> {
        let until = self.until.load(SeqCst);
        if self.now() >= until {
            return None;
        }
        // Read first: what every request writes to goes from one core to the other all the time.
        if !self.asked.load(SeqCst) {
            self.asked.store(true, SeqCst);
        }
        // Not sooner, so that it is no older than what was known when it was in force.
        Some(self.newest.load(SeqCst))
    }

    /// There is none, and somebody wants one.
    pub(crate) fn want(&self) {
        self.asked.store(true, SeqCst);
        self.wanted.notify_one();
    }

    fn now(&self) -> u64 {
        nanos((self.elapsed)())
    }
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos().try_into().unwrap_or(u64::MAX)
}

/// Time while the machine sleeps is time, where the system tells: others wait no longer for it.
pub(crate) fn elapsed() -> Duration {
    static START: OnceLock<Instant> = OnceLock::new();
    #[cfg(target_os = "linux")]
    let since_boot = Duration::try_from(rustix::time::clock_gettime(rustix::time::ClockId::Boottime)).ok();
    #[cfg(not(target_os = "linux"))]
    let since_boot = None;
    since_boot.unwrap_or_else(|| START.get_or_init(Instant::now).elapsed())
}

/// Holds a lease for as long as there are requests that want it.
pub struct Keeper {
    followed: Arc<Followed>,
    lease: Arc<Lease>,
    leases: Arc<dyn Leases>,
    ids: Arc<dyn Ids>,
}

impl Keeper {
    /// How often the log is looked at: about as long others wait.
    const TICK: Duration = Duration::from_millis(10);
    /// How long memory is believed after a look began. Clocks that go at different speeds, and the way from one to the other, have the
    /// rest of [`WAITED_FOR`].
    const BELIEVED: Duration = Duration::from_millis(750);
    /// How long it is held while nobody asks: others would wait for nothing.
    const KEPT: Duration = Duration::from_secs(3);
    /// How long it is until a lease is taken again after one could not be held: for one that lapses again and again, others would
    /// wait each time, and nobody would have anything from it.
    const REST: Duration = Duration::from_secs(10);

    pub(crate) fn new(followed: Arc<Followed>, lease: Arc<Lease>, leases: Arc<dyn Leases>, ids: Arc<dyn Ids>) -> Self {
        Self { followed, lease, leases, ids }
    }

    /// Works until `stop` changes or its sender is gone, and gives up what it holds.
    pub async fn run(self, mut stop: watch::Receiver<bool>) {
        loop {
            select! {
                biased;
                _ = stop.changed() => return,
                () = self.lease.wanted.notified() => {}
            }
            // It may have been wanted while one was being taken, and nobody has asked since that was given up.
            if !self.lease.asked.load(SeqCst) {
                continue;
            }
            let holder = Holder(self.ids.next());
            let over = self.hold(holder, &mut stop).await;
            // In this order: others may believe at once that nobody holds it.
            self.lease.until.store(0, SeqCst);
            if let Err(error) = in_time(self.leases.give_up(holder)).await {
                tracing::debug!("a lease is not given up, and will be waited for: {error}");
            }
            match over {
                Over::Stopped => return,
                Over::NobodyAsks | Over::StruckOutAtOnce => {}
                Over::Lost(why) => {
                    tracing::warn!("no lease is held ({why}): it is asked at each request what others have written");
                    select! {
                        biased;
                        _ = stop.changed() => return,
                        () = sleep(Self::REST) => {}
                    }
                }
            }
        }
    }

    async fn hold(&self, holder: Holder, stop: &mut watch::Receiver<bool>) -> Over {
        if let Err(error) = in_time(self.leases.take(holder)).await {
            return Over::Lost(error.to_string());
        }
        let (mut tick, mut asked, mut is_new) = (interval(Self::TICK), self.lease.now(), true);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let begun = self.lease.now();
            if self.lease.asked.swap(false, SeqCst) {
                asked = begun;
            } else if begun.saturating_sub(asked) > nanos(Self::KEPT) {
                return Over::NobodyAsks;
            }
            // What is in force goes on for as long as it is, if it cannot be renewed; and then that is tried again and again.
            let renewed = in_time(self.renew(holder, begun)).await;
            let now = self.lease.now();
            match renewed {
                // Who was waiting for another has not waited for this one.
                Ok(false) if is_new => return Over::StruckOutAtOnce,
                Ok(false) => return Over::Lost(format!("others have not heard of this process for {WAITED_FOR:?}")),
                Ok(true) if now.saturating_sub(begun) > nanos(Self::BELIEVED / 2) => {
                    return Over::Lost("to renew it takes so long that it is hardly ever in force".to_owned());
                }
                Err(error) if now >= self.lease.until.load(SeqCst) => return Over::Lost(error.to_string()),
                Ok(true) | Err(_) => is_new = false,
            }
            select! {
                biased;
                _ = stop.changed() => return Over::Stopped,
                _ = tick.tick() => {}
            }
        }
    }

    /// Hears of all that was written by now, says so, and goes on believing it. Answers whether others still wait for this.
    async fn renew(&self, holder: Holder, begun: u64) -> Result<bool, StoreError> {
        let newest = self.followed.look().await?;
        // Before others hear that it is known, which they tell those who ask here next.
        self.lease.newest.store(newest, SeqCst);
        let is_held = self.leases.heard(holder, newest).await?;
        if is_held {
            self.lease.until.store(begun.saturating_add(nanos(Self::BELIEVED)), SeqCst);
        }
        Ok(is_held)
    }
}

/// Why a lease is not held any more.
enum Over {
    Stopped,
    NobodyAsks,
    StruckOutAtOnce,
    Lost(String),
}

/// What takes longer than others wait is worth nothing.
async fn in_time<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    timeout(WAITED_FOR, work).await.unwrap_or_else(|late| Err(StoreError::Unavailable(Box::new(late))))
}
