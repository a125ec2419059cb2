//! Random tokens, and what is kept of them.

use blake3::{
    Hasher,
    hazmat::{ContextKey, HasherExt, hash_derive_key_context},
};
use vestibule_application::ports::Tokens;
use vestibule_domain::{
    secret::{Digest, OpaqueToken, OperatorToken},
    session::GuardTag,
};
use zeroize::Zeroizing;

use crate::{
    keys::{Keys, Purpose},
    random::random,
};

/// Tokens of 128 bits from the operating system, stored as BLAKE3 digests. Digests need no key: 128 random bits cannot
/// be guessed, and so stored sessions outlive a lost key file.
pub struct RandomTokens {
    digests: ContextKey,
    reset_digests: ContextKey,
    guard_key: Zeroizing<[u8; 32]>,
}

impl RandomTokens {
    const DIGEST_CONTEXT: &str = "vestibule 2026-11 token digest v1";
    const OPERATOR_CONTEXT: &str = "vestibule 2026-11 operator token digest v1";
    const RESET_CONTEXT: &str = "vestibule 2026-11 reset token digest v1";

    /// Tokens whose guard tags depend on the stable part of these keys: sessions in the store have such tags.
    pub fn new(keys: &Keys) -> Self {
        Self {
            digests: hash_derive_key_context(Self::DIGEST_CONTEXT),
            reset_digests: hash_derive_key_context(Self::RESET_CONTEXT),
            guard_key: keys.derive_stable(Purpose::GuardTags),
        }
    }
}

impl Tokens for RandomTokens {
    fn mint(&self) -> OpaqueToken {
        OpaqueToken::from_bits(random())
    }

    fn digest(&self, token: &OpaqueToken) -> Digest {
        // Of the written form, so that a token in other letters is another token.
        digest(&self.digests, token)
    }

    fn reset_digest(&self, token: &OpaqueToken) -> Digest {
        digest(&self.reset_digests, token)
    }

    fn operator_digest(&self, token: &OperatorToken) -> Digest {
        Digest::new(blake3::derive_key(Self::OPERATOR_CONTEXT, token.expose().as_bytes()))
    }

    fn guard_tag(&self, guard: &OpaqueToken) -> GuardTag {
        let hash = blake3::keyed_hash(&self.guard_key, guard.expose().as_bytes());
        let [a, b, c, ..] = *hash.as_bytes();
        // Zero stands for "no guard" inside a seal.
        GuardTag::new(u32::from_le_bytes([a, b, c, 0]).max(1))
    }
}

/// As [`blake3::derive_key`], with what it makes of its context at hand.
fn digest(context: &ContextKey, token: &OpaqueToken) -> Digest {
    Digest::new(Hasher::new_from_context_key(context).update(token.expose().as_bytes()).finalize().into())
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    fn tokens() -> RandomTokens {
        RandomTokens::new(&Keys::of_byte(1))
    }

    #[test]
    fn no_two_tokens_or_digests_are_alike_and_every_bit_is_random() {
        const N: u32 = 100_000;
        let (tokens, mut seen, mut ones) = (tokens(), HashSet::new(), [0_u32; 128]);
        for _ in 0..N {
            let token = tokens.mint();
            let bits = u128::from_be_bytes(token.bits().unwrap());
            for (place, count) in ones.iter_mut().enumerate() {
                *count += u32::from(bits >> place & 1 == 1);
            }
            assert!(seen.insert(tokens.digest(&token)));
        }
        // Five standard deviations of sqrt(N)/2; chance trips this for one run in about 14,000.
        let bound = N / 2 - 800..=N / 2 + 800;
        assert!(ones.iter().all(|count| bound.contains(count)), "{ones:?}");
    }

    #[test]
    fn a_token_in_other_letters_has_another_digest() {
        let lower = OpaqueToken::parse("c473472d-c085-4043-9bf0-ee80bff73d40").unwrap();
        let upper = OpaqueToken::parse("C473472D-C085-4043-9BF0-EE80BFF73D40").unwrap();
        assert_ne!(tokens().digest(&lower), tokens().digest(&upper));
        assert_eq!(tokens().digest(&lower), RandomTokens::new(&Keys::of_byte(2)).digest(&lower));
    }

    #[test]
    fn digests_are_derived_keys() {
        let token = OpaqueToken::from_bits([1; 16]);
        let derived = blake3::derive_key(RandomTokens::DIGEST_CONTEXT, token.expose().as_bytes());
        assert_eq!(tokens().digest(&token), Digest::new(derived));
    }

    #[test]
    fn a_token_that_resets_a_password_is_another_one_everywhere_else() {
        let token = OpaqueToken::from_bits([1; 16]);
        assert_ne!(tokens().reset_digest(&token), tokens().digest(&token));
        assert_eq!(tokens().reset_digest(&token), RandomTokens::new(&Keys::of_byte(2)).reset_digest(&token));
    }

    #[test]
    fn a_guard_tag_is_stable_keyed_and_never_zero() {
        let guard = tokens().mint();
        assert_eq!(tokens().guard_tag(&guard), tokens().guard_tag(&guard));
        let of = |key: u8| RandomTokens::new(&Keys::of_byte(key)).guard_tag(&guard);
        assert!((0..8).map(|key| of(key).bits()).collect::<HashSet<_>>().len() > 6);
        let tokens = tokens();
        assert!((0..50_000).all(|_| tokens.guard_tag(&tokens.mint()).bits() != 0));
    }
}
