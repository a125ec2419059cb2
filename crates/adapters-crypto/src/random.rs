//! The operating system's randomness.

use std::cell::{Cell, RefCell};

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
///
/// The first 60 bits are those of the identifier before, for some that follow each other on a thread. What begins at about
/// the same time lies together then in whatever keeps it in order, and a database writes one page for several of them.
#[derive(Clone, Copy, Debug, Default)]
pub struct RandomIds;

impl RandomIds {
    /// How many begin alike: as many pages less are written, and still identifiers are spread evenly.
    const ALIKE: u32 = 16;
}

thread_local! {
    /// How identifiers begin, and how many more do so.
    static BEGINNING: Cell<(u64, u32)> = const { Cell::new((0, 0)) };
}

impl Ids for RandomIds {
    #[expect(clippy::disallowed_methods, reason = "this is where identifiers are made")]
    fn next(&self) -> Uuid {
        let (first, left) = match BEGINNING.get() {
            (_, 0) => (rand::random(), Self::ALIKE),
            more => more,
        };
        BEGINNING.set((first, left - 1));
        let (rest, mut bytes): (u64, _) = (rand::random(), [0; 16]);
        bytes[..8].copy_from_slice(&first.to_be_bytes());
        bytes[8..].copy_from_slice(&rest.to_be_bytes());
        uuid::Builder::from_random_bytes(bytes).into_uuid()
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
    fn identifiers_are_version_4_and_differ_where_several_begin_alike_too() {
        let many: Vec<Uuid> = (0..16_000).map(|_| RandomIds.next()).collect();
        assert!(many.iter().all(|id| id.get_version_num() == 4 && id.get_variant() == uuid::Variant::RFC4122));
        assert_eq!(many.iter().collect::<HashSet<_>>().len(), many.len());
        let (beginnings, rests): (HashSet<_>, HashSet<_>) = many.iter().map(Uuid::as_u64_pair).unzip();
        assert!(beginnings.len().abs_diff(many.len() / 16) <= 1, "{} beginnings", beginnings.len());
        assert_eq!(rests.len(), many.len(), "what follows is each one's own");
        // A thousand beginnings, in sixteen equal parts of all there can be.
        let mut parts = [0; 16];
        for first in beginnings {
            parts[usize::try_from(first >> 60).unwrap()] += 1;
        }
        assert!(parts.iter().all(|part| (20..120).contains(part)), "{parts:?}");
    }
}
