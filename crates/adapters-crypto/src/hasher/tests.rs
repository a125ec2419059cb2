use std::{
    pin::pin,
    task::{Context, Waker},
    time::{Duration, Instant},
};

use super::*;

const CHEAP: Argon2Cost = Argon2Cost { memory_kib: 64, iterations: 2, parallelism: 1 };
/// Takes long enough to look at the queue meanwhile.
const DEAR: Argon2Cost = Argon2Cost { memory_kib: 64 * 1024, iterations: 6, parallelism: 1 };

fn hasher(cost: Argon2Cost, threads: usize, queue: usize) -> Argon2Hasher {
    let at_least_one = |n| NonZeroUsize::new(n).unwrap();
    Argon2Hasher::start(Argon2Config { cost, threads: at_least_one(threads), queue: at_least_one(queue) })
        .unwrap_or_else(|error| panic!("{error}"))
}

fn password(text: &str) -> Password {
    Password::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

async fn hash(hasher: &Argon2Hasher, text: &str, profile: HashProfile) -> PasswordHash {
    hasher.hash(&password(text), profile).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn verdict(hasher: &Argon2Hasher, text: &str, hash: &str) -> Result<Verdict, HashError> {
    hasher.verify(&password(text), Against::Stored(PasswordHash::new(hash))).await
}

#[tokio::test]
async fn the_password_is_right_and_its_neighbours_are_wrong() {
    let hasher = hasher(CHEAP, 2, 8);
    for profile in [HashProfile::Standard, HashProfile::Fast] {
        for text in ["correct horse", " spaced ", "nul\0inside", "e\u{301}", &"x".repeat(1024)] {
            let hash = hash(&hasher, text, profile).await;
            assert_eq!(verdict(&hasher, text, hash.expose()).await, Ok(Verdict::Right));
            let mut flipped = text.to_owned();
            let last = flipped.pop().unwrap();
            flipped.push(if last == 'y' { 'z' } else { 'y' });
            assert_eq!(verdict(&hasher, &flipped, hash.expose()).await, Ok(Verdict::Wrong));
            assert_eq!(verdict(&hasher, text.trim(), hash.expose()).await == Ok(Verdict::Right), text.trim() == text);
        }
    }
}

#[tokio::test]
async fn hashes_are_phc_strings_of_the_configured_cost_with_a_fresh_salt() {
    let hasher = hasher(Argon2Cost::default(), 1, 8);
    let (a, b) = (hash(&hasher, "p", HashProfile::Standard).await, hash(&hasher, "p", HashProfile::Standard).await);
    assert!(a.expose().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", a.expose());
    let salt = |hash: &PasswordHash| hash.expose().split('$').nth(4).unwrap().to_owned();
    assert_ne!(salt(&a), salt(&b));
    assert_eq!(salt(&a).len(), 22);
    let fast = hash(&hasher, "p", HashProfile::Fast).await;
    assert!(fast.expose().starts_with("$argon2id$v=19$m=1024,t=1,p=1$"), "{}", fast.expose());
}

/// RFC 9106 has no vector without key and data, so this is one of the reference implementation's own (its `test.c`).
#[tokio::test]
async fn a_hash_of_the_reference_implementation_is_verified_and_outdated() {
    let hasher = hasher(CHEAP, 1, 8);
    let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    assert_eq!(verdict(&hasher, "password", stored).await, Ok(Verdict::RightButOutdated));
    assert_eq!(verdict(&hasher, "passwore", stored).await, Ok(Verdict::Wrong));
    let lanes = "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc";
    assert_eq!(verdict(&hasher, "password", lanes).await, Ok(Verdict::RightButOutdated));
}

#[tokio::test]
async fn a_hash_that_cannot_be_read_or_afforded_is_refused_without_work() {
    let hasher = hasher(CHEAP, 1, 8);
    let tail = "c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
    let begun = Instant::now();
    for stored in [
        String::new(),
        "plain text".to_owned(),
        "$2b$12$abcdefghijklmnopqrstuuABCDEFGHIJKLMNOPQRSTUVWXYZ01234".to_owned(),
        format!("$argon2i$v=19$m=64,t=2,p=1${tail}"),
        format!("$argon2id$v=16$m=64,t=2,p=1${tail}"),
        format!("$argon2id$m=64,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=8388608,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=262145,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=101,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=4294967295,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=2,p=16777215${tail}"),
        format!("$argon2id$v=19$m=64,t=2,p=1,keyid=YWJj${tail}"),
        "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ".to_owned(),
    ] {
        assert_eq!(verdict(&hasher, "password", &stored).await, Err(HashError::Unusable), "{stored}");
    }
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn nothing_is_always_wrong_and_costs_as_much_as_something() {
    let hasher = hasher(Argon2Cost { memory_kib: 32 * 1024, iterations: 3, parallelism: 1 }, 1, 8);
    let stored = hash(&hasher, "p", HashProfile::Standard).await;
    let (mut something, mut nothing) = (Duration::MAX, Duration::MAX);
    for _ in 0..5 {
        let begun = Instant::now();
        assert_eq!(verdict(&hasher, "q", stored.expose()).await, Ok(Verdict::Wrong));
        something = something.min(begun.elapsed());
        let begun = Instant::now();
        assert_eq!(hasher.verify(&password("q"), Against::Nothing(HashProfile::Standard)).await, Ok(Verdict::Wrong));
        nothing = nothing.min(begun.elapsed());
    }
    // The best of five each; the bound is wide because the machine may be busy, and no work at all would be 1000-fold.
    assert!(nothing * 3 > something && something * 3 > nothing, "{nothing:?} against {something:?}");
}

/// T003-6, TX-4.
#[tokio::test]
async fn more_than_the_queue_holds_are_refused_at_once() {
    let hasher = hasher(DEAR, 1, 2);
    let secret = password("p");
    let attempts = (0..8).map(|_| async {
        let begun = Instant::now();
        (hasher.hash(&secret, HashProfile::Standard).await.err(), begun.elapsed())
    });
    let mut attempts: Vec<_> = attempts.map(Box::pin).collect();
    // Each is sent when first polled: one may be under way, two wait, and five at least find no place.
    let mut context = Context::from_waker(Waker::noop());
    let refused: Vec<_> = attempts
        .iter_mut()
        .filter_map(|attempt| match attempt.as_mut().poll(&mut context) {
            std::task::Poll::Ready(answer) => Some(answer),
            std::task::Poll::Pending => None,
        })
        .collect();
    assert!(refused.len() >= 5, "{}", refused.len());
    for (error, took) in refused {
        assert_eq!(error, Some(HashError::Overloaded { retry_after: Duration::from_secs(1) }));
        assert!(took < Duration::from_millis(50), "{took:?}");
    }
}

/// TX-4.
#[tokio::test]
async fn work_whose_caller_has_gone_is_skipped() {
    let hasher = hasher(DEAR, 1, 8);
    let secret = password("p");
    let begun = Instant::now();
    hash(&hasher, "p", HashProfile::Standard).await;
    let one = begun.elapsed();

    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..8 {
        let mut abandoned = pin!(hasher.hash(&secret, HashProfile::Standard));
        assert!(abandoned.as_mut().poll(&mut context).is_pending());
    }
    let begun = Instant::now();
    drop(hasher);
    // The first may have been under way when it was abandoned; seven more would take seven times as long.
    assert!(begun.elapsed() < one * 4, "{:?}, one takes {one:?}", begun.elapsed());
}

#[tokio::test]
async fn a_cost_that_argon2_does_not_have_is_named() {
    for cost in [
        Argon2Cost { memory_kib: 7, ..CHEAP },
        Argon2Cost { iterations: 0, ..CHEAP },
        Argon2Cost { parallelism: 0, ..CHEAP },
        Argon2Cost { parallelism: 9, ..CHEAP },
    ] {
        let config = Argon2Config { cost, ..Argon2Config::default() };
        let error = Argon2Hasher::start(config).err().unwrap();
        assert!(error.to_string().contains(&format!("{} iterations", cost.iterations)), "{error}");
    }
}
