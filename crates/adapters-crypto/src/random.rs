//! The operating system's randomness.

use uuid::Uuid;
use vestibule_application::ports::Ids;

/// `N` random bytes.
///
/// # Panics
/// When the operating system has no randomness to give. No secret could be made then, and a weak one must not be.
#[expect(clippy::disallowed_methods, reason = "this is the one place that draws randomness")]
#[expect(clippy::expect_used, reason = "going on without randomness would be worse than stopping")]
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system has no randomness to give");
    bytes
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
    use super::*;

    #[test]
    fn identifiers_are_version_4_and_differ() {
        let (a, b) = (RandomIds.next(), RandomIds.next());
        assert_eq!(a.get_version_num(), 4);
        assert_ne!(a, b);
    }
}
