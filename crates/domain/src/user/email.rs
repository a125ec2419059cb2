//! E-mail addresses.

use smol_str::SmolStr;

use super::LoginKey;
use crate::text::{TextError, short};

/// An e-mail address by the syntax of RFC 5321 (with RFC 6531's letters), without display name or address literal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EmailAddress(SmolStr);

impl EmailAddress {
    /// The longest address, in bytes (RFC 5321, section 4.5.3.1.3, less the angle brackets).
    pub const MAX_BYTES: usize = 254;

    /// Reads an address: trimmed, NFC, at least `local@domain`.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = short(text, Self::MAX_BYTES)?;
        let options = email_address::Options::default().without_display_text().without_domain_literal();
        match email_address::EmailAddress::parse_with_options(&text, options) {
            Ok(_) if text.len() <= Self::MAX_BYTES => Ok(Self(text)),
            Ok(_) => Err(TextError::TooLong(Self::MAX_BYTES)),
            Err(_) => Err(TextError::Invalid("must be an e-mail address, such as ann@example.com")),
        }
    }

    /// The address as written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The key that finds it. The whole address is compared without regard to case.
    pub fn key(&self) -> LoginKey {
        // An address is within every limit of a key.
        LoginKey::of(&self.0)
    }

    /// The part before the last `@`.
    pub fn local_part(&self) -> &str {
        self.0.rsplit_once('@').map_or(&self.0, |(local, _)| local)
    }
}
