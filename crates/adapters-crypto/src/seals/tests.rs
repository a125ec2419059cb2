use std::collections::HashSet;

use proptest::prelude::*;
use vestibule_application::ports::Clock;

use super::*;
use crate::{keys::Keys, random::random};

const ORIGINS: [&str; 5] = ["easydb", "dialogram", "platformos", "dood", "vprotect"];

struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_795_000_000_000)
    }
}

fn keyring(key: u8) -> Arc<Keyring> {
    Arc::new(Keyring::new(&Keys::of_byte(key), Arc::new(Still)).unwrap_or_else(|error| panic!("{error}")))
}

fn seals() -> AesSeals {
    AesSeals::new(keyring(3), ORIGINS.map(Origin::new)).unwrap_or_else(|error| panic!("{error}"))
}

fn seal(seconds: i64) -> Seal {
    Seal { origin: Origin::new("dood"), expires: Timestamp::from_millis(seconds * 1000), setup: false, guard: None }
}

proptest! {
    #[test]
    fn what_was_sealed_is_read_again(
        seconds in 0..=EXPIRY_MAX, millis in 0_i64..1000, origin in 0_usize..5, setup: bool, guard in 0_u32..1 << 24,
    ) {
        let sealed = Seal {
            origin: Origin::new(ORIGINS[origin]),
            expires: Timestamp::from_millis(seconds * 1000 + millis),
            setup,
            guard: (guard != 0).then(|| GuardTag::new(guard)),
        };
        let read = seals().unseal(&seals().seal(&sealed));
        prop_assert_eq!(read, vec!(Seal { expires: Timestamp::from_millis(seconds * 1000), ..sealed }));
    }
}

#[test]
fn an_expiry_out_of_range_is_moved_into_it() {
    let read = |seconds| seals().unseal(&seals().seal(&seal(seconds))).first().map(|seal| seal.expires.as_secs());
    assert_eq!(read(-5), Some(0));
    assert_eq!(read(i64::MAX / 1000), Some(EXPIRY_MAX));
}

#[test]
fn an_invented_token_does_not_pass_for_one_that_ends_soon() {
    const N: u32 = 400_000;
    let (seals, now) = (seals(), 1_795_000_000);
    let opened: Vec<Seal> = (0..N).flat_map(|_| seals.unseal(&OpaqueToken::from_bits(random()))).collect();
    // 400,000 * 6.4e-11: a failure by chance in one run of 39,000.
    assert!(!opened.iter().any(|seal| (now..now + 1800).contains(&seal.expires.as_secs())));
    // The unused flags and the origin let through one in 410: 977 of them, give or take five deviations of 31.
    assert!((820..1135).contains(&opened.len()), "{}", opened.len());
}

#[test]
fn tokens_of_equal_seals_differ_and_every_bit_is_even() {
    const N: u32 = 100_000;
    let (seals, mut seen, mut ones) = (seals(), HashSet::new(), [0_u32; 128]);
    for _ in 0..N {
        let bits = u128::from_be_bytes(seals.seal(&seal(1_795_000_000)).bits().unwrap());
        assert!(seen.insert(bits));
        for (place, count) in ones.iter_mut().enumerate() {
            *count += u32::from(bits >> place & 1 == 1);
        }
    }
    // Five standard deviations of sqrt(N)/2.
    let bound = N / 2 - 800..=N / 2 + 800;
    assert!(ones.iter().all(|count| bound.contains(count)), "{ones:?}");
}

#[test]
fn only_the_very_token_under_the_very_key_for_a_known_origin_is_read() {
    let token = seals().seal(&seal(1_795_000_000));
    let upper = OpaqueToken::parse(&token.expose().to_uppercase()).unwrap();
    let fewer = AesSeals::new(keyring(3), [Origin::new("easydb")]).ok().unwrap();
    assert_eq!(seals().unseal(&token).len(), 1);
    assert_eq!(fewer.unseal(&token), []);
    assert_eq!(!seals().unseal(&upper).is_empty(), upper == token);
    // Another key opens it to random bits.
    let other = AesSeals::new(keyring(4), ORIGINS.map(Origin::new)).ok().unwrap();
    assert_ne!(other.unseal(&token), seals().unseal(&token));
}

#[test]
fn an_unknown_flag_is_refused() {
    let seals = seals();
    for flag in 1..16_u128 {
        let plain = 1_795_000_000 << 92 | flag << 88 | u128::from(tag(&Origin::new("dood"))) << 80;
        let mut block = plain.to_be_bytes().into();
        seals.keyring.signing(|key| key.cipher.encrypt_block(&mut block));
        assert_eq!(seals.unseal(&OpaqueToken::from_bits(block.into())).len() == 1, flag == 1, "{flag}");
    }
}

#[test]
fn a_session_identifier_is_stable_keyed_and_not_the_token() {
    let token = seals().seal(&seal(1_795_000_000));
    let id = seals().session_id(&token);
    assert_eq!(id, seals().session_id(&token));
    assert_ne!(id, seals().session_id(&seals().seal(&seal(1_795_000_000))));
    assert_eq!(id.as_uuid().get_version_num(), 8);
    assert_ne!(id.to_string(), token.expose());
    let other = AesSeals::new(keyring(4), []).ok().unwrap();
    assert_ne!(id, other.session_id(&token));
}

#[test]
fn origins_that_cannot_be_told_apart_are_refused_by_name() {
    let first = Origin::new("dood");
    let second = (0..100_000).map(|n| Origin::new(n.to_string())).find(|other| tag(other) == tag(&first)).unwrap();
    let refused = AesSeals::new(keyring(3), [first.clone(), first.clone(), second.clone()]).err();
    assert_eq!(refused, Some(OriginCollision { first, second }));
}
