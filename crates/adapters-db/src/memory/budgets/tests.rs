use std::sync::atomic::{AtomicI64, Ordering};

use vestibule_application::ports::Limit;

use super::*;

struct FakeClock(AtomicI64);

impl Clock for FakeClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.0.load(Ordering::SeqCst))
    }
}

/// Two attempts in ten seconds, and room for 16 buckets.
fn budgets() -> (MemoryBudgets, Arc<FakeClock>) {
    let clock = Arc::new(FakeClock(AtomicI64::new(0)));
    let limits = BudgetLimits::all(Limit { amount: 2, window: Duration::from_secs(10) });
    (MemoryBudgets { room: 16, ..MemoryBudgets::new(limits, clock.clone()) }, clock)
}

fn to(name: &str) -> Bucket {
    Bucket::LoginTo(name.to_owned())
}

#[tokio::test]
async fn nothing_is_kept_of_what_was_given_back_or_is_over() {
    let (budgets, clock) = budgets();
    budgets.charge(&[to("ada"), to("bob")]).await.unwrap();
    budgets.refund(&[to("ada")]).await;
    assert_eq!(budgets.attempts.lock().unwrap().len(), 1);
    clock.0.store(10_000, Ordering::SeqCst);
    budgets.sweep(1).await.unwrap();
    assert!(budgets.attempts.lock().unwrap().is_empty());
}

#[tokio::test]
async fn memory_is_bounded_and_a_flood_does_not_free_the_account_under_attack() {
    let (budgets, _) = budgets();
    for _ in 0..2 {
        budgets.charge(&[to("victim")]).await.unwrap();
    }
    for number in 0..1000 {
        budgets.charge(&[to(&number.to_string())]).await.unwrap();
        assert!(budgets.attempts.lock().unwrap().len() <= 16);
    }
    assert!(budgets.charge(&[to("victim")]).await.is_err());
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
