//! Chance that can be had again: every random test tells its seed.

use std::{
    env,
    hash::{BuildHasher, RandomState},
};

/// The environment variable that sets the seed.
const SEED: &str = "VESTIBULE_TEST_SEED";

/// Numbers that look random and follow from a seed (`SplitMix64`).
#[derive(Clone)]
pub struct Chance(u64);

impl Chance {
    /// Of the seed that the environment sets, else of a new one; says which, for this test.
    pub fn of(test: &str) -> Self {
        let set = env::var(SEED).ok().map(|seed| seed.parse().unwrap_or_else(|error| panic!("{SEED}: {error}")));
        let seed = set.unwrap_or_else(|| RandomState::new().hash_one(test) % 1_000_000);
        eprintln!("{test}: {SEED}={seed}");
        Self(seed)
    }

    /// The next number.
    pub fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut n = self.0;
        n = (n ^ (n >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        n = (n ^ (n >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        n ^ (n >> 31)
    }

    /// A number below this one.
    pub fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.number() % end as u64).unwrap()
    }

    /// One of these.
    pub fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len())]
    }

    /// So many letters and digits.
    pub fn letters(&mut self, count: usize) -> String {
        const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..count).map(|_| char::from(*self.pick(LETTERS))).collect()
    }

    /// So many bytes.
    pub fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count).map(|_| self.number().to_le_bytes()[0]).collect()
    }

    /// Another chance, for somebody else.
    #[must_use]
    pub fn fork(&mut self) -> Self {
        Self(self.number())
    }
}
