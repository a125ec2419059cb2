use proptest::prelude::*;

use super::*;

const ONE: NonZeroUsize = NonZeroUsize::MIN;

fn took(millis: u64) -> Measured {
    Measured { cost: Argon2Cost::default(), threads: ONE, each: Duration::from_millis(millis) }
}

fn proposed(millis: u64, target: u64, most_mib: u32) -> (u32, u32, u32) {
    let cost = propose(&took(millis), Duration::from_millis(target), most_mib * 1024);
    (cost.memory_kib, cost.iterations, cost.parallelism)
}

#[test]
fn memory_is_spent_before_passes_and_the_minimum_always() {
    assert_eq!(proposed(50, 50, 64), (19_456, 2, 1));
    assert_eq!(proposed(50, 150, 64), (57 * 1024, 2, 1));
    assert_eq!(proposed(10, 150, 64), (64 * 1024, 8, 1));
    assert_eq!(proposed(10, 150, 512), (285 * 1024, 2, 1));
    assert_eq!(proposed(800, 150, 64), (19_456, 2, 1));
    assert_eq!(proposed(50, 5000, 1), (19_456, 100, 1));
}

#[test]
fn a_measurement_tells_what_full_load_is_like() {
    let measured = Measured { threads: NonZeroUsize::new(4).unwrap(), ..took(50) };
    assert!((measured.per_second() - 80.0).abs() < 1e-9);
    assert_eq!(measured.memory_kib(), 4 * 19_456);
}

#[test]
fn dearer_hashes_are_measured_to_take_longer() {
    let cost = |memory_kib, iterations| Argon2Cost { memory_kib, iterations, parallelism: 1 };
    let threads = NonZeroUsize::new(2).unwrap();
    let measured = |cost| measure(cost, threads, 3).unwrap_or_else(|error| panic!("{error}"));
    let (cheap, dear) = (measured(cost(64, 1)), measured(cost(64 * 64, 4)));
    // 256 times the work; the machine may be busy.
    assert!(dear.each > cheap.each * 4, "{cheap:?} {dear:?}");
    assert!(measure(cost(1, 1), threads, 1).is_err());
}

proptest! {
    #[test]
    fn a_proposal_is_never_weak_nor_far_off(
        nanos in 1u64..60_000_000_000, target in 1u64..10_000, most_mib in 0u32..4096,
    ) {
        let measured = Measured { each: Duration::from_nanos(nanos), ..took(1) };
        let target = Duration::from_millis(target);
        let cost = propose(&measured, target, most_mib * 1024);
        let least = Argon2Cost::default();
        prop_assert!(cost.memory_kib >= least.memory_kib && cost.iterations >= least.iterations);
        prop_assert!(cost.memory_kib <= (most_mib * 1024).max(least.memory_kib));
        // It may take less than was asked for, because of rounding, and more only at the minimum.
        let work = |cost: Argon2Cost| f64::from(cost.memory_kib) * f64::from(cost.iterations);
        let takes = measured.each.mul_f64(work(cost) / work(measured.cost));
        prop_assert!(cost == least || takes <= target.mul_f64(1.001), "{cost:?} takes {takes:?}");
    }
}
