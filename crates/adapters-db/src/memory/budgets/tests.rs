use std::sync::atomic::{AtomicI64, Ordering};

use super::*;

struct FakeClock(AtomicI64);

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

fn limits() -> BudgetLimits {
    let limit = |amount, secs| Limit { amount, window: Duration::from_secs(secs) };
    BudgetLimits {
        login_to: limit(2, 10),
        login_from: limit(3, 20),
        disclosure_to: limit(1, 10),
        disclosure: limit(2, 10),
        registration_from: limit(0, 10),
        buckets: 16,
    }
}

fn budgets() -> (MemoryBudgets, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock(AtomicI64::new(0)));
    (MemoryBudgets::new(limits(), clock.clone()), clock)
}

fn to(name: &str) -> Bucket {
    Bucket::LoginTo(name.to_owned())
}

fn from(address: &str) -> Bucket {
    Bucket::LoginFrom(address.parse().unwrap())
}

fn wait(seconds: u64) -> Result<(), Exhausted> {
    Err(Exhausted { retry_after: Duration::from_secs(seconds) })
}

#[tokio::test]
async fn the_attempt_after_the_last_one_waits_until_the_first_has_left_the_window() {
    let (budgets, clock) = budgets();
    assert_eq!(budgets.charge(&[to("ada")]).await, Ok(()));
    clock.0.store(4_000, Ordering::SeqCst);
    assert_eq!(budgets.charge(&[to("ada")]).await, Ok(()));
    assert_eq!(budgets.charge(&[to("ada")]).await, wait(6));
    clock.0.store(9_999, Ordering::SeqCst);
    assert_eq!(
        budgets.charge(&[to("ada")]).await,
        Err(Exhausted { retry_after: Duration::from_millis(1) }),
        "the window is not over"
    );
    clock.0.store(10_000, Ordering::SeqCst);
    assert_eq!(budgets.charge(&[to("ada")]).await, Ok(()));
    assert_eq!(budgets.charge(&[to("ada")]).await, wait(4));
    assert_eq!(budgets.charge(&[to("bob")]).await, Ok(()), "another account is another bucket");
}

#[tokio::test]
async fn when_one_bucket_is_spent_none_is_charged() {
    let (budgets, _) = budgets();
    let both = [from("192.0.2.1"), to("ada")];
    for _ in 0..2 {
        assert_eq!(budgets.charge(&both).await, Ok(()));
    }
    for _ in 0..5 {
        assert_eq!(budgets.charge(&both).await, wait(10));
    }
    assert_eq!(budgets.charge(&[from("192.0.2.1")]).await, Ok(()), "two of three were charged, not seven");
    assert_eq!(budgets.charge(&both).await, wait(20), "the longest wait is told");
}

#[tokio::test]
async fn a_bucket_named_twice_is_charged_twice_or_not_at_all() {
    let (budgets, _) = budgets();
    assert_eq!(budgets.charge(&[to("ada"), to("ada"), to("ada")]).await, wait(10));
    assert_eq!(budgets.charge(&[to("ada"), to("ada")]).await, Ok(()));
    assert_eq!(budgets.charge(&[to("ada")]).await, wait(10));
}

#[tokio::test]
async fn a_refund_gives_back_what_was_charged_and_no_more() {
    let (budgets, _) = budgets();
    for _ in 0..100 {
        assert_eq!(budgets.charge(&[to("ada"), from("192.0.2.1")]).await, Ok(()));
        budgets.refund(&[to("ada"), from("192.0.2.1")]).await;
        budgets.refund(&[to("ada")]).await;
    }
    assert!(budgets.attempts.lock().unwrap().is_empty(), "nothing is kept of what was given back");
    for _ in 0..2 {
        assert_eq!(budgets.charge(&[to("ada")]).await, Ok(()));
    }
    assert_eq!(budgets.charge(&[to("ada")]).await, wait(10));
}

#[tokio::test]
async fn a_refund_after_other_attempts_leaves_the_earlier_ones_where_they_were() {
    let (budgets, clock) = budgets();
    budgets.charge(&[to("ada")]).await.unwrap();
    clock.0.store(5_000, Ordering::SeqCst);
    budgets.charge(&[to("ada")]).await.unwrap();
    budgets.refund(&[to("ada")]).await;
    clock.0.store(10_000, Ordering::SeqCst);
    for _ in 0..2 {
        assert_eq!(budgets.charge(&[to("ada")]).await, Ok(()), "the first attempt has left the window");
    }
}

#[tokio::test]
async fn an_amount_of_nothing_permits_nothing() {
    let (budgets, _) = budgets();
    let bucket = Bucket::RegistrationFrom("192.0.2.1".parse().unwrap());
    assert_eq!(budgets.charge(&[bucket]).await, wait(10));
}

#[tokio::test]
async fn addresses_of_one_network_share_a_bucket() {
    let (budgets, _) = budgets();
    for host in ["2001:db8::1", "2001:db8::2", "2001:db8:0:0:ffff::3"] {
        assert_eq!(budgets.charge(&[from(host)]).await, Ok(()));
    }
    assert_eq!(budgets.charge(&[from("2001:db8::4")]).await, wait(20));
    assert_eq!(budgets.charge(&[from("2001:db8:0:1::4")]).await, Ok(()));
    for host in ["192.0.2.1", "::ffff:192.0.2.1", "192.0.2.1"] {
        assert_eq!(budgets.charge(&[from(host)]).await, Ok(()));
    }
    assert_eq!(budgets.charge(&[from("::ffff:192.0.2.1")]).await, wait(20));
}

#[tokio::test]
async fn memory_is_bounded_and_a_flood_does_not_free_the_account_under_attack() {
    let (budgets, _) = budgets();
    for _ in 0..2 {
        budgets.charge(&[to("victim")]).await.unwrap();
    }
    for number in 0..1000 {
        assert_eq!(budgets.charge(&[to(&number.to_string())]).await, Ok(()));
        assert!(budgets.attempts.lock().unwrap().len() <= 16);
    }
    assert_eq!(budgets.charge(&[to("victim")]).await, wait(10));
}

#[tokio::test]
async fn idle_buckets_are_the_first_to_go() {
    let (budgets, clock) = budgets();
    for _ in 0..2 {
        budgets.charge(&[to("idle")]).await.unwrap();
    }
    clock.0.store(10_000, Ordering::SeqCst);
    for number in 0..15 {
        budgets.charge(&[to(&number.to_string())]).await.unwrap();
    }
    budgets.charge(&[to("one more")]).await.unwrap();
    let attempts = budgets.attempts.lock().unwrap();
    assert!(!attempts.contains_key(&to("idle")));
    assert!(attempts.contains_key(&to("one more")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn parallel_attempts_cannot_overrun_a_limit() {
    let (budgets, _) = budgets();
    let budgets = Arc::new(budgets);
    let tries = (0..50).map(|_| {
        let budgets = budgets.clone();
        tokio::spawn(async move { budgets.charge(&[to("ada")]).await.is_ok() })
    });
    let mut granted = 0;
    for attempt in tries.collect::<Vec<_>>() {
        granted += usize::from(attempt.await.unwrap());
    }
    assert_eq!(granted, 2);
}
