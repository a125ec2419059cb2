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
    fn open(&self, limits: BudgetLimits) -> (Opened, Opened) {
        let clock = Arc::new(StillClock(AtomicI64::new(START.as_millis())));
        let one = Opened { budgets: (self.open)(limits, clock.clone()), clock: clock.clone() };
        let other = if self.shared { (self.open)(limits, clock.clone()) } else { one.budgets.clone() };
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
                $crate::budgets::$law($place).await;
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

#[expect(missing_docs, reason = "the names are what is demanded")]
mod demands {
    use super::*;

    pub async fn the_attempt_after_the_last_one_waits_until_the_first_has_left_the_window(place: Place) {
        let (budgets, _) = place.open(limits());
        assert_eq!(budgets.charge(&[to("ada")]).await, None);
        budgets.at(4_000);
        assert_eq!(budgets.charge(&[to("ada")]).await, None);
        assert_eq!(budgets.charge(&[to("ada")]).await, Some(6_000));
        budgets.at(9_999);
        assert_eq!(budgets.charge(&[to("ada")]).await, Some(1), "the window is not over");
        budgets.at(10_000);
        assert_eq!(budgets.charge(&[to("ada")]).await, None);
        assert_eq!(budgets.charge(&[to("ada")]).await, Some(4_000));
        assert_eq!(budgets.charge(&[to("bob")]).await, None, "another account is another bucket");
    }

    pub async fn when_one_bucket_is_spent_none_is_charged(place: Place) {
        let (budgets, _) = place.open(limits());
        let both = [from("192.0.2.1"), to("ada")];
        assert_eq!(budgets.fill(&both, 2).await, 2);
        for _ in 0..5 {
            assert_eq!(budgets.charge(&both).await, Some(10_000));
        }
        assert_eq!(budgets.charge(&[from("192.0.2.1")]).await, None, "two of three were charged, not seven");
        assert_eq!(budgets.charge(&both).await, Some(20_000), "the longest wait is told");
        assert_eq!(budgets.charge(&[to("ada"), from("192.0.2.1")]).await, Some(20_000), "wherever it stands");
    }

    pub async fn a_bucket_named_twice_is_charged_twice_or_not_at_all(place: Place) {
        let (budgets, _) = place.open(limits());
        assert_eq!(budgets.charge(&[to("ada"), to("ada"), to("ada")]).await, Some(10_000));
        assert_eq!(budgets.charge(&[to("ada"), to("ada")]).await, None);
        assert_eq!(budgets.charge(&[to("ada")]).await, Some(10_000));
        budgets.budgets.refund(&[to("ada"), to("ada")]).await;
        assert_eq!(budgets.charge(&[to("ada"), to("ada")]).await, None);
    }

    pub async fn a_refund_gives_back_what_was_charged_and_no_more(place: Place) {
        let (budgets, _) = place.open(limits());
        for _ in 0..10 {
            assert_eq!(budgets.charge(&[to("ada"), from("192.0.2.1")]).await, None);
            budgets.budgets.refund(&[to("ada"), from("192.0.2.1")]).await;
            budgets.budgets.refund(&[to("ada")]).await;
        }
        assert_eq!(budgets.fill(&[to("ada")], 5).await, 2);
    }

    pub async fn a_refund_leaves_the_earlier_attempts_where_they_were(place: Place) {
        let (budgets, _) = place.open(limits());
        assert_eq!(budgets.charge(&[to("ada")]).await, None);
        budgets.at(5_000);
        assert_eq!(budgets.charge(&[to("ada")]).await, None);
        budgets.budgets.refund(&[to("ada")]).await;
        budgets.at(10_000);
        assert_eq!(budgets.fill(&[to("ada")], 5).await, 2, "the first attempt has left the window");
    }

    pub async fn an_amount_of_nothing_permits_nothing(place: Place) {
        let (budgets, _) = place.open(limits());
        let bucket = Bucket::RegistrationFrom(network("192.0.2.1"));
        assert_eq!(budgets.charge(&[bucket.clone()]).await, Some(10_000));
        assert_eq!(budgets.charge(&[to("ada"), bucket]).await, Some(10_000));
        assert_eq!(budgets.fill(&[to("ada")], 5).await, 2);
    }

    pub async fn a_large_amount_is_counted_to_the_last(place: Place) {
        let (budgets, _) = place.open(limits());
        assert_eq!(budgets.fill(&vec![Bucket::Login; 100], 11).await, 10);
        let wait = budgets.charge(&[Bucket::Login]).await;
        assert!(wait.is_some_and(|wait| (256_000..=257_000).contains(&wait)), "{wait:?}");
        budgets.at(257_000);
        assert_eq!(budgets.fill(&vec![Bucket::Login; 100], 11).await, 10);
    }

    pub async fn no_window_has_more_attempts_than_its_limit(place: Place) {
        let (budgets, _) = place.open(limits());
        let mut made = Vec::new();
        for tick in 0..120 {
            let now = tick * 701;
            budgets.at(now);
            if budgets.charge(&[to("ada")]).await.is_none() {
                made.push(now);
            }
        }
        // Each third attempt is a window after the first, and not much later: nothing is wasted either.
        assert!(made.windows(3).all(|three| (10_000..10_701).contains(&(three[2] - three[0]))), "{made:?}");
    }

    pub async fn every_bucket_is_another(place: Place) {
        let (budgets, _) = place.open(BudgetLimits::all(Limit { amount: 1, window: Duration::from_secs(10) }));
        let (here, there) = (network("192.0.2.1"), network("2001:db8::1"));
        let ada = "ada".to_owned();
        let all = [
            to("ada"),
            to("Ada"),
            to("ada "),
            to(""),
            Bucket::ManyLoginsTo(ada.clone()),
            Bucket::KnownLoginTo(ada.clone(), here),
            Bucket::KnownLoginTo(ada.clone(), there),
            Bucket::KnownLoginTo("bob".to_owned(), here),
            Bucket::LoginFrom(here),
            Bucket::LoginFrom(there),
            Bucket::LoginBy(vestibule_domain::client::ClientId::from_uuid(uuid::Uuid::from_u128(1))),
            Bucket::Login,
            Bucket::DisclosureTo(here),
            Bucket::Disclosure,
            Bucket::RegistrationFrom(here),
            Bucket::NoteOf(Box::new(to("ada"))),
            Bucket::NoteOf(Box::new(Bucket::Login)),
            to(&"x".repeat(2000)),
            to(&("x".repeat(2000) + "y")),
        ];
        for bucket in &all {
            assert_eq!(budgets.charge(std::slice::from_ref(bucket)).await, None, "{bucket}");
        }
        assert_eq!(budgets.charge(&all).await, Some(10_000));
        assert_eq!(budgets.charge(&[Bucket::LoginFrom(network("2001:db8::ffff"))]).await, Some(10_000), "one network");
    }

    pub async fn processes_count_together(place: Place) {
        let (one, other) = place.open(limits());
        assert_eq!(one.charge(&[to("ada")]).await, None);
        assert_eq!(other.charge(&[to("ada")]).await, None);
        assert_eq!(one.charge(&[to("ada")]).await, Some(10_000));
        other.budgets.refund(&[to("ada")]).await;
        assert_eq!(one.charge(&[to("ada")]).await, None);
        assert_eq!(other.charge(&[to("ada")]).await, Some(10_000));
    }

    pub async fn parallel_attempts_cannot_overrun_a_limit(place: Place) {
        let (one, other) = place.open(BudgetLimits { login_to: Limit { amount: 10, ..limits().login_to }, ..limits() });
        let ada = vec![to("ada"), Bucket::Login];
        assert_eq!(Opened::fill_at_once([&one, &other], [ada.clone(), ada], 200).await, 10);
    }

    pub async fn parallel_attempts_on_several_buckets_are_charged_to_all_or_none(place: Place) {
        let (one, other) = place.open(BudgetLimits::all(Limit { amount: 10, window: Duration::from_secs(10) }));
        // In opposite orders, so that whoever locks as he goes waits for ever.
        let there = vec![to("ada"), from("192.0.2.1"), Bucket::Login];
        let back = there.iter().rev().cloned().collect();
        assert_eq!(Opened::fill_at_once([&one, &other], [there.clone(), back], 60).await, 10);
        for bucket in there {
            one.budgets.refund(&[bucket.clone()]).await;
            assert_eq!(one.fill(&[bucket.clone()], 5).await, 1, "{bucket}");
        }
    }

    pub async fn what_is_swept_was_over(place: Place) {
        let (budgets, _) = place.open(limits());
        for number in 0..30 {
            assert_eq!(budgets.charge(&[to(&number.to_string())]).await, None);
        }
        budgets.at(5_000);
        assert_eq!(budgets.fill(&[to("ada")], 2).await, 2);
        budgets.at(12_000);
        for _ in 0..5 {
            assert!(budgets.budgets.sweep(10).await.unwrap() <= 10);
        }
        assert_eq!(budgets.charge(&[to("ada")]).await, Some(3_000));
        assert_eq!(budgets.budgets.sweep(10).await.unwrap(), 0, "all that was over is gone");
        assert_eq!(budgets.fill(&[to("7")], 5).await, 2);
    }
}
pub use demands::*;
