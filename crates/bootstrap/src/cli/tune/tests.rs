use std::num::NonZeroUsize;

use super::*;
use crate::settings::Sources;

fn measured(millis: u64) -> Measured {
    let threads = NonZeroUsize::new(2).unwrap();
    let mut measured = tune(threads, Duration::from_millis(1), 0, |_| ()).unwrap();
    measured.each = Duration::from_millis(millis);
    measured
}

#[test]
fn what_is_printed_can_be_pasted_into_the_configuration() {
    let text = proposal(&measured(100), Duration::from_millis(150));
    assert!(
        text.starts_with("# One hash takes 100 ms with 2 hashing at once: 20 logins per second, and 38 MiB"),
        "{text}"
    );
    let settings = Settings::read(Sources::of_text(&text));
    let argon2 = settings.unwrap_or_else(|error| panic!("{error}")).passwords.argon2;
    assert_eq!((argon2.memory_kib, argon2.iterations, argon2.parallelism), (19_456, 2, 1));
    assert!(!text.contains("slow"), "{text}");
    assert!(proposal(&measured(301), Duration::from_millis(150)).contains("slow"));
}

#[test]
fn a_script_gets_numbers() {
    let document: serde_json::Value = serde_json::from_str(&document(&measured(100))).unwrap();
    assert_eq!(document["memory_kib"], 19_456);
    assert_eq!(document["threads"], 2);
    assert_eq!(document["hash_ms"], 100);
}
