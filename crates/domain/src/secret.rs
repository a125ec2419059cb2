//! Values that must not be seen: none of them has `Debug`, `Display` or serialisation, and all are wiped when dropped.

use subtle::ConstantTimeEq;
use thiserror::Error;
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A password as it was typed: UTF-8, never trimmed or normalised, 1 to [`Password::MAX_BYTES`] bytes.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Password(String);

/// Why a password cannot be one at all. Strength is another question: see the application's password policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum PasswordError {
    /// No byte.
    #[error("the password must not be empty")]
    Empty,
    /// Over [`Password::MAX_BYTES`] bytes.
    #[error("the password must have at most {} bytes", Password::MAX_BYTES)]
    TooLong,
}

impl Password {
    /// The longest password in bytes. Longer ones are refused before anything is looked up, known user or not.
    pub const MAX_BYTES: usize = 1024;

    /// Takes the password byte for byte.
    pub fn parse(typed: impl Into<String>) -> Result<Self, PasswordError> {
        let mut typed = typed.into();
        let refusal = match typed.len() {
            0 => PasswordError::Empty,
            n if n > Self::MAX_BYTES => PasswordError::TooLong,
            _ => return Ok(Self(typed)),
        };
        typed.zeroize();
        Err(refusal)
    }

    /// The password itself, for the hasher and the strength check only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A stored password hash in PHC string format. Worth stealing, so it is treated like a secret.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Wraps a PHC string that came from a hasher or from storage.
    pub fn new(phc: impl Into<String>) -> Self {
        Self(phc.into())
    }

    /// The PHC string, for the hasher and for storage only.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// What is stored in place of a bearer secret: 32 bytes from which it cannot be found again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; 32]);

impl Digest {
    /// Wraps the bytes that a hash function gave.
    pub const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for storage.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// A random secret of 128 bits that its holder presents as proof: session tokens, API tokens, login tokens, the
/// browser guard. Written like a UUID (8-4-4-4-12 hexadecimal digits), with all 128 bits random where a version-4 UUID
/// has 122 (OWASP ASVS 5.0, 7.2.3).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct OpaqueToken([u8; OpaqueToken::LENGTH]);

/// The text has not the form of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("not a token: expected 8-4-4-4-12 hexadecimal digits or a signed token")]
pub struct MalformedToken;

impl OpaqueToken {
    /// Characters in the written form.
    pub const LENGTH: usize = 36;

    /// The token that stands for these bits.
    pub fn from_bits(bits: [u8; 16]) -> Self {
        let mut text = [0; Self::LENGTH];
        Uuid::from_bytes(bits).hyphenated().encode_lower(&mut text);
        Self(text)
    }

    /// Reads the written form. Upper-case digits have the form of a token too, but are another token: issued ones are
    /// lower case, and tokens compare byte for byte.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let bytes: [u8; Self::LENGTH] = text.as_bytes().try_into().map_err(|_| MalformedToken)?;
        // Of this length there is no other form.
        Uuid::try_parse_ascii(&bytes).map(|_| Self(bytes)).map_err(|_| MalformedToken)
    }

    /// The bits, or nothing for a token that was never written by [`Self::from_bits`] (upper-case digits).
    pub fn bits(&self) -> Option<[u8; 16]> {
        let is_ours = !self.0.iter().any(u8::is_ascii_uppercase);
        Uuid::try_parse_ascii(&self.0).ok().filter(|_| is_ours).map(Uuid::into_bytes)
    }

    /// The written form, for the one answer that hands it to its holder.
    pub fn expose(&self) -> &str {
        // Only ASCII is ever put in.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

/// Two tokens are compared in constant time.
impl PartialEq for OpaqueToken {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}
impl Eq for OpaqueToken {}

/// The bearer secret of an operator: 256 random bits behind a prefix by which people and scanners of leaked secrets know
/// it. No [`OpaqueToken`] reads like one.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct OperatorToken(String);

impl OperatorToken {
    /// What every operator's token begins with.
    pub const PREFIX: &str = "vestibule_operator_";
    const DIGITS: usize = 64;

    /// The token whose bits these two have, one after the other.
    pub fn of(first: &OpaqueToken, second: &OpaqueToken) -> Self {
        let digits = first.expose().chars().chain(second.expose().chars()).filter(|c| *c != '-');
        Self(Self::PREFIX.chars().chain(digits).collect())
    }

    /// Reads the written form: the prefix and 64 lower-case hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let digits = text.strip_prefix(Self::PREFIX).ok_or(MalformedToken)?;
        let fits = |byte: u8| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f');
        let is_one = digits.len() == Self::DIGITS && digits.bytes().all(fits);
        if is_one { Ok(Self(text.to_owned())) } else { Err(MalformedToken) }
    }

    /// The written form, for the one answer that hands it to its holder.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn passwords_are_taken_byte_for_byte() {
        for typed in [" leading and trailing ", "e\u{301}", "nul\0inside", "p"] {
            assert_eq!(Password::parse(typed).unwrap().expose(), typed);
        }
        assert_eq!(Password::parse("").err(), Some(PasswordError::Empty));
        assert!(Password::parse("x".repeat(1024)).is_ok());
        assert_eq!(Password::parse("x".repeat(1025)).err(), Some(PasswordError::TooLong));
    }

    #[test]
    fn an_upper_case_token_has_the_form_but_stands_for_no_bits() {
        let token = OpaqueToken::parse("C473472D-C085-4043-9BF0-EE80BFF73D40").unwrap();
        assert_eq!(token.bits(), None);
    }

    proptest! {
        #[test]
        fn a_token_survives_being_written_and_read(bits: [u8; 16]) {
            let token = OpaqueToken::from_bits(bits);
            let read = OpaqueToken::parse(token.expose()).unwrap();
            prop_assert!(read == token);
            prop_assert_eq!(read.bits(), Some(bits));
        }

        #[test]
        fn anything_else_is_refused_without_panic(text in "\\PC{0,60}") {
            if let Ok(token) = OpaqueToken::parse(&text) {
                prop_assert_eq!(token.expose(), text);
            }
        }
    }

    #[test]
    fn an_operators_token_is_read_as_it_is_written_and_as_nothing_else() {
        let token = OperatorToken::of(&OpaqueToken::from_bits([0xab; 16]), &OpaqueToken::from_bits([0x01; 16]));
        assert_eq!(token.expose(), format!("vestibule_operator_{}{}", "ab".repeat(16), "01".repeat(16)));
        assert!(OperatorToken::parse(token.expose()).is_ok() && OpaqueToken::parse(token.expose()).is_err());
        let bad = [&token.expose()[1..], &token.expose()[..82], &token.expose().to_uppercase(), "vestibule_operator_"];
        assert!(bad.iter().all(|text| OperatorToken::parse(text).is_err()));
    }
}
