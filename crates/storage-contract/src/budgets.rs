//! The laws of [`Budgets`], for whatever counts attempts.
//!
//! They are few and apart from the others, because no store has to count. An implementation names how to open budgets
//! in one place, again and again, and gets a test for each law:
//!
//! ```no_run
//! use vestibule_storage_contract::{budgets::Place, budgets_contract};
//! # use vestibule_adapters_db::MemoryBudgets as MyBudgets;
//!
//! budgets_contract!(Place::in_one_process(|limits, clock| MyBudgets::new(limits, clock)));
//! ```

pub mod laws;

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use vestibule_application::ports::{Bucket, BudgetLimits, Budgets, Clock, Limit, NotCharged};
use vestibule_domain::{network::Network, time::Timestamp};

use crate::fixtures::START;

type Open = Box<dyn Fn(BudgetLimits, Arc<dyn Clock>) -> Arc<dyn Budgets> + Send + Sync>;

/// Where attempts are counted.
pub struct Place {
    open: Open,
    shared: bool,
}

impl Place {
    /// A place in which budgets are opened by each process for itself, and count the same attempts.
    pub fn shared<B: Budgets + 'static>(
        open: impl Fn(BudgetLimits, Arc<dyn Clock>) -> B + Send + Sync + 'static,
    ) -> Self {
        Self { open: Box::new(move |limits, clock| Arc::new(open(limits, clock))), shared: true }
    }

    /// One that there is in one process.
    pub fn in_one_process<B: Budgets + 'static>(
        open: impl Fn(BudgetLimits, Arc<dyn Clock>) -> B + Send + Sync + 'static,
    ) -> Self {
        Self { shared: false, ..Self::shared(open) }
    }

    /// Two handles on the same budgets: two processes', where there can be two.
    fn open(&self, limits: &BudgetLimits) -> (Opened, Opened) {
        let clock = Arc::new(StillClock(AtomicI64::new(START.as_millis())));
        let one = Opened { budgets: (self.open)(*limits, clock.clone()), clock: clock.clone() };
        let other = if self.shared { (self.open)(*limits, clock.clone()) } else { one.budgets.clone() };
        let other = Opened { budgets: other, clock };
        (one, other)
    }
}

/// Stamps a test for each law. Takes the expression that makes a fresh [`Place`]; it may await.
#[macro_export]
macro_rules! budgets_contract {
    ($place:expr) => {
        $crate::budgets_contract!(@each $place,
            the_attempt_after_the_last_one_waits_until_the_first_has_left_the_window
            when_one_bucket_is_spent_none_is_charged
            a_bucket_named_twice_is_charged_twice_or_not_at_all
            a_refund_gives_back_what_was_charged_and_no_more
            a_refund_leaves_the_earlier_attempts_where_they_were
            an_amount_of_nothing_permits_nothing
            a_large_amount_is_counted_to_the_last
            no_window_has_more_attempts_than_its_limit
            every_bucket_is_another
            processes_count_together
            parallel_attempts_cannot_overrun_a_limit
            parallel_attempts_on_several_buckets_are_charged_to_all_or_none
            what_is_swept_was_over
        );
    };
    (@each $place:expr, $($law:ident)*) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $law() {
                $crate::budgets::laws::$law($place).await;
            }
        )*
    };
}

struct StillClock(AtomicI64);

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

#[derive(Clone)]
struct Opened {
    budgets: Arc<dyn Budgets>,
    clock: Arc<StillClock>,
}

impl Opened {
    /// So many milliseconds after the beginning.
    fn at(&self, millis: i64) {
        self.clock.0.store(START.as_millis() + millis, Ordering::SeqCst);
    }

    /// How many milliseconds to wait, if there is no room.
    #[expect(clippy::panic, reason = "a law that cannot go on is a law that does not hold")]
    async fn charge(&self, buckets: &[Bucket]) -> Option<u128> {
        match self.budgets.charge(buckets).await {
            Ok(()) => None,
            Err(NotCharged::Spent { bucket, retry_after }) => {
                assert!(buckets.contains(&bucket), "{bucket} was not asked for");
                Some(retry_after.as_millis())
            }
            Err(NotCharged::Store(error)) => panic!("{error:?}"),
        }
    }

    /// How many of so many charges there is room for.
    async fn fill(&self, buckets: &[Bucket], tries: usize) -> usize {
        let mut room = 0;
        for _ in 0..tries {
            room += usize::from(self.charge(buckets).await.is_none());
        }
        room
    }

    /// How many of so many charges at once there is room for.
    async fn fill_at_once(handles: [&Self; 2], buckets: [Vec<Bucket>; 2], tries: usize) -> usize {
        let tries: Vec<_> = (0..tries)
            .map(|number| {
                let (handle, buckets) = (handles[number % 2].clone(), buckets[number / 2 % 2].clone());
                tokio::spawn(async move { handle.charge(&buckets).await.is_none() })
            })
            .collect();
        let mut room = 0;
        for attempt in tries {
            room += usize::from(attempt.await.unwrap());
        }
        room
    }
}

/// Two to an account in ten seconds, three from a network in twenty, a thousand from anybody.
fn limits() -> BudgetLimits {
    let limit = |amount, secs| Limit { amount, window: Duration::from_secs(secs) };
    BudgetLimits {
        login_from: limit(3, 20),
        login: limit(1000, 256),
        registration_from: limit(0, 10),
        ..BudgetLimits::all(limit(2, 10))
    }
}

fn network(address: &str) -> Network {
    Network::of(address.parse().unwrap())
}

fn to(name: &str) -> Bucket {
    Bucket::LoginTo(name.to_owned())
}

fn from(address: &str) -> Bucket {
    Bucket::LoginFrom(network(address))
}
