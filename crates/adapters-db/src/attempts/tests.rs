use super::*;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn limit(amount: usize) -> Limit {
    Limit { amount, window: Duration::from_secs(256) }
}

/// As many as fit.
fn fill(attempts: &mut Attempts, limit: Limit, now: Timestamp) -> usize {
    let mut made = 0;
    while attempts.wait(limit, now).is_none() {
        attempts.push(limit, now);
        made += 1;
    }
    made
}

#[test]
fn a_large_limit_is_kept_with_few_entries() {
    let (limit, mut attempts, mut made) = (limit(10_000), Attempts::default(), 0);
    for second in 0..256 {
        for part in 0..10 {
            let now = at(second * 1000 + part * 100);
            for _ in 0..39 {
                made += usize::from(attempts.wait(limit, now).is_none());
                attempts.push(limit, now);
            }
        }
    }
    assert!(made <= 10_000, "{made}");
    assert!(attempts.0.len() <= EXACT + 2, "{}", attempts.0.len());
}

#[test]
fn an_entry_for_several_times_leaves_with_the_latest_of_them() {
    let (limit, mut attempts) = (limit(1000), Attempts::default());
    assert_eq!(fill(&mut attempts, limit, at(0)), 1000);
    assert_eq!(attempts.wait(limit, at(0)), Some(Duration::from_secs(257)));
    assert_eq!(fill(&mut attempts, limit, at(256_999)), 0);
    assert_eq!(fill(&mut attempts, limit, at(257_000)), 1000);
}

#[test]
fn a_clock_that_is_behind_makes_nothing_older() {
    let (limit, mut attempts) = (limit(2), Attempts::default());
    attempts.push(limit, at(5000));
    attempts.push(limit, at(0));
    assert_eq!(attempts.wait(limit, at(256_000)), Some(Duration::from_secs(5)));
    attempts.pop();
    assert_eq!(attempts.count(), 1);
}

#[test]
fn attempts_come_back_from_a_column_as_they_were() {
    let mut attempts = Attempts::default();
    for now in [-1, -1, 0, 7] {
        attempts.push(limit(5), at(now));
    }
    let bytes = attempts.to_bytes();
    assert_eq!((bytes.len(), Attempts::from_bytes(&bytes)), (3 * ENTRY, Some(attempts)));
    assert_eq!(Attempts::from_bytes(&bytes[1..]), None);
    assert_eq!(Attempts::from_bytes(&[]), Some(Attempts::default()));
}
