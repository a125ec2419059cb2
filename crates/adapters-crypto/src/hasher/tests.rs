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
    for (profile, right) in [(HashProfile::Standard, Verdict::Right), (HashProfile::Fast, Verdict::RightButOutdated)] {
        for text in ["correct horse", " spaced ", "nul\0inside", "e\u{301}", &"x".repeat(1024)] {
            let hash = hash(&hasher, text, profile).await;
            assert_eq!(verdict(&hasher, text, hash.expose()).await, Ok(right));
            let mut flipped = text.to_owned();
            let last = flipped.pop().unwrap();
            flipped.push(if last == 'y' { 'z' } else { 'y' });
            assert_eq!(verdict(&hasher, &flipped, hash.expose()).await, Ok(Verdict::Wrong));
            assert_eq!(verdict(&hasher, text.trim(), hash.expose()).await == Ok(right), text.trim() == text);
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
        "$2b$31$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW".to_owned(),
        format!("$scrypt$ln=30,r=8,p=1${tail}"),
        format!("$pbkdf2-sha256$i=4000000000${tail}"),
        format!("$argon2id$v=18$m=64,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=8388608,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=262145,t=2,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=101,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=4294967295,p=1${tail}"),
        format!("$argon2id$v=19$m=64,t=2,p=16777215${tail}"),
        format!("$argon2id$v=19$m=64,t=2,p=1,keyid=YWJj${tail}"),
        "$argon2id$v=19$m=64,t=2,p=1$c29tZXNhbHQ".to_owned(),
    ] {
        let refused = verdict(&hasher, "password", &stored).await;
        assert!(matches!(refused, Err(HashError::Unusable(_))), "{stored}: {refused:?}");
    }
    assert!(begun.elapsed() < Duration::from_millis(500), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_right_password_of_any_other_make_is_outdated() {
    let cost = Argon2Cost { memory_kib: 256, iterations: 2, parallelism: 1 };
    let hasher = hasher(cost, 1, 8);
    for (text, stored) in [
        ("password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"),
        ("secret", "argon2$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$YC9+jJCrQhs5R6db7LlN8Q"),
        ("U*U", "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("U*U", "bcrypt$$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"),
        ("lètmein", "bcrypt_sha256$$2a$08$NDjSAIcas.EcoxCRiArvT.MkNiPYVhrsrnJsRkLueZOoV1bsQqlmC"),
        ("password", "$pbkdf2-sha256$1212$4vjV83LKPjQzk31VI4E0Vw$hsYF68OiOUPdDZ1Fg.fJPeq1h/gXXY7acBp9/6c.tmQ"),
        ("lètmein", "pbkdf2_sha256$390000$seasalt$8xBlGd3jVgvJ+92hWPxi5ww0uuAuAnKgC45eudxro7c="),
        (
            "lètmein",
            "scrypt$16384$seasalt$8$1$Qj3+9PPyRjSJIebHnG81TMjsqtaIGxNQG/aEB/NYafTJ7tibgfYz71m0ldQESkXFRkdVCBhhY8mx7rQwite/Pw==",
        ),
        (
            "Hello world!",
            "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
        ),
        ("test12345", "$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0"),
    ] {
        assert_eq!(verdict(&hasher, text, stored).await, Ok(Verdict::RightButOutdated), "{stored}");
        assert_eq!(verdict(&hasher, "another", stored).await, Ok(Verdict::Wrong), "{stored}");
        assert_eq!(hasher.check(&PasswordHash::new(stored)), Ok(()));
    }
    let own = hash(&hasher, "password", HashProfile::Standard).await;
    assert_eq!(verdict(&hasher, "password", own.expose()).await, Ok(Verdict::Right));
    let shorter_salt = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
    assert_eq!(verdict(&hasher, "password", shorter_salt).await, Ok(Verdict::RightButOutdated));
}

#[tokio::test]
async fn peppers_are_rotated_and_one_that_is_gone_is_not_a_wrong_password() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pepper");
    let peppered = |lines: &str| {
        std::fs::write(&file, lines).unwrap();
        hasher(CHEAP, 1, 8).with_peppers(Peppers::load(&file).unwrap_or_else(|error| panic!("{error}")))
    };
    let (new, old) =
        ("2:9fYtVZ1c0oPpkhPq6VQ2uY0a3cXoF8t0wEwq1m2Zs7A=", "old:Lr0vDgs5mXa7sV9jZ2Lq1yq8mZ0tT3rWc5uE7kP4hB8=");
    let plain = hash(&hasher(CHEAP, 1, 8), "p", HashProfile::Standard).await;
    let before = peppered(old);
    let stored = hash(&before, "p", HashProfile::Standard).await;
    assert!(stored.expose().starts_with("$argon2id$v=19$m=64,t=2,p=1,keyid=b2xk$"), "{}", stored.expose());
    assert_eq!(verdict(&before, "p", stored.expose()).await, Ok(Verdict::Right));
    assert_eq!(verdict(&before, "p", plain.expose()).await, Ok(Verdict::RightButOutdated));

    let both = peppered(&format!("{new}\n{old}"));
    assert_eq!(verdict(&both, "p", stored.expose()).await, Ok(Verdict::RightButOutdated));
    assert_eq!(verdict(&both, "q", stored.expose()).await, Ok(Verdict::Wrong));
    let renewed = hash(&both, "p", HashProfile::Standard).await;
    assert_eq!(verdict(&both, "p", renewed.expose()).await, Ok(Verdict::Right));

    let gone = peppered(new);
    let unknown = UnusableHash::UnknownPepper("old".to_owned());
    assert_eq!(verdict(&gone, "p", stored.expose()).await, Err(HashError::Unusable(unknown.clone())));
    assert_eq!(gone.check(&stored), Err(unknown));
    assert_eq!(verdict(&gone, "p", renewed.expose()).await, Ok(Verdict::Right));
    // The key itself takes part, not just its id.
    let other = peppered(&format!("{new}\n{}", old.replace("Lr0v", "Mr0v")));
    assert_eq!(verdict(&other, "p", stored.expose()).await, Ok(Verdict::Wrong));
    let random = hash(&both, "secret", HashProfile::Fast).await;
    assert!(!random.expose().contains("keyid"), "{}", random.expose());
}

#[tokio::test]
async fn nothing_is_always_wrong_and_costs_as_much_as_something() {
    let hasher = hasher(Argon2Cost { memory_kib: 32 * 1024, iterations: 3, parallelism: 1 }, 1, 8);
    let stored = hash(&hasher, "p", HashProfile::Standard).await;
    let something = || Against::Stored(stored.clone());
    let nothing = || Against::Nothing(HashProfile::Standard);
    let time = async |against| {
        // On a busy machine, a thread that has just had the processor waits for it, whatever it is to do.
        tokio::time::sleep(Duration::from_millis(20)).await;
        let begun = Instant::now();
        assert_eq!(hasher.verify(&password("q"), against).await, Ok(Verdict::Wrong));
        begun.elapsed()
    };
    let mut best = [Duration::MAX; 2];
    for _ in 0..3 {
        let times = [time(something()).await, time(nothing()).await, time(nothing()).await, time(something()).await];
        best = [best[0].min(times[0]).min(times[3]), best[1].min(times[1]).min(times[2])];
    }
    let [something, nothing] = best;
    // The best of six each; the bound is wide because the machine may be busy. The work of the other profile would be a
    // hundredth, and no work at all a thousandth.
    assert!(nothing * 20 > something && something * 20 > nothing, "{nothing:?} against {something:?}");
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

struct Panicking;

impl Derivation for Panicking {
    fn derive(&self, _: &[u8], _: &mut Vec<argon2::Block>) -> Result<formats::Output, HashError> {
        panic!("this is what the test is about")
    }
}

#[tokio::test]
async fn a_hash_that_panics_takes_no_thread_with_it() {
    let hasher = hasher(CHEAP, 1, 8);
    for _ in 0..2 {
        let derived = hasher.pool.derive(b"p".to_vec().into(), Box::new(Panicking)).await;
        assert_eq!(derived.err(), Some(OVERLOADED));
    }
    let stored = hash(&hasher, "p", HashProfile::Standard).await;
    assert_eq!(verdict(&hasher, "p", stored.expose()).await, Ok(Verdict::Right));
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

/// Derives the niceness of the thread it is on, and its turns.
#[cfg(target_os = "linux")]
struct Manners;

#[cfg(target_os = "linux")]
impl Derivation for Manners {
    fn derive(&self, _: &[u8], _: &mut Vec<argon2::Block>) -> Result<formats::Output, HashError> {
        let thread = Some(rustix::thread::gettid());
        let nice = rustix::process::getpriority_process(thread).unwrap();
        Ok(format!("{nice}, {:?}", vestibule_system::turn().unwrap()).into_bytes().into())
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn tx_4_hashes_give_way_to_everything_else() {
    let ours = rustix::process::getpriority_process(Some(rustix::thread::gettid())).unwrap();
    let usual = vestibule_system::turn().unwrap();
    // As the service has it, whose threads answer.
    vestibule_system::set_turn(Some(Duration::from_micros(100))).unwrap();
    let derived = hasher(CHEAP, 1, 8).pool.derive(b"p".to_vec().into(), Box::new(Manners)).await;
    assert_eq!(derived.unwrap().as_slice(), format!("10, {usual:?}").as_bytes());
    assert!(ours < 10, "nothing else does");
}
