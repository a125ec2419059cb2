//! The operating system's randomness.

use std::cell::RefCell;

use uuid::Uuid;
use vestibule_application::ports::Ids;

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no randomness to give. No secret could be made then, and a weak one must not be.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    SUPPLY.with_borrow_mut(Supply::take)
}

thread_local!(static SUPPLY: RefCell<Supply> = const { RefCell::new(Supply { bytes: [0; Supply::SIZE], left: 0 }) });

/// Random bytes of the operating system that nobody has had yet: to ask it for each secret alone is a twentieth of what the
/// beginning of an anonymous session costs.
struct Supply {
    bytes: [u8; Self::SIZE],
    /// So many of them, from the front. Behind them are zeros.
    left: usize,
}

impl Supply {
    /// Few secrets, because they lie in memory until somebody needs them.
    const SIZE: usize = 256;

    fn take<const N: usize>(&mut self) -> [u8; N] {
        const { assert!(N <= Self::SIZE) }
        if self.left < N {
            self.refill();
        }
        self.left -= N;
        let mut taken = [0; N];
        taken.swap_with_slice(&mut self.bytes[self.left..][..N]);
        taken
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
    #[expect(clippy::expect_used, reason = "going on without randomness would be worse than stopping")]
    fn refill(&mut self) {
        getrandom::fill(&mut self.bytes).expect("the operating system has no randomness to give");
        self.left = Self::SIZE;
    }
}

/// `N` random bytes that are no secret, from the generator of [`RandomIds`].
pub(crate) fn nonce<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    rand::fill(&mut bytes);
    bytes
}

/// Identifiers from 122 random bits: UUID version 4. The bits are of a generator that the operating system seeds, because
/// every request has an identifier, and asking the system for each costs as much as finding the session.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is where identifiers are made")]
    fn next(&self) -> Uuid {
        uuid::Builder::from_random_bytes(rand::random()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn nobody_gets_what_somebody_had_and_nothing_is_kept_of_it() {
        let mut supply = Supply { bytes: [0; Supply::SIZE], left: 0 };
        let mut taken = HashSet::new();
        for _ in 0..1000 {
            assert!(taken.insert(supply.take::<16>().to_vec()) && taken.insert(supply.take::<24>().to_vec()));
            assert!(supply.bytes[supply.left..].iter().all(|byte| *byte == 0));
        }
        assert!(taken.iter().all(|secret| secret.iter().any(|byte| *byte != 0)));
    }

    #[test]
    fn identifiers_are_version_4_and_differ() {
        let (a, b) = (RandomIds.next(), RandomIds.next());
        assert_eq!(a.get_version_num(), 4);
        assert_ne!(a, b);
    }
}
