//! Login names, and the keys under which names and addresses are looked up.

use idna::AsciiDenyList;

use crate::{
    node::NodeRef,
    text::{TextError, fold, short, short_text},
};

short_text!(
    /// A login name as its owner writes it: 1 to 254 characters, no control characters. An e-mail address may be one.
    LoginName,
    254
);

impl LoginName {
    /// The key that finds it.
    pub fn key(&self) -> LoginKey {
        LoginKey::of(self.as_str())
    }
}

/// What login names and e-mail addresses are looked up by: trimmed, NFC, lower case, and what follows an `@` as the domain name
/// that it is in DNS, so that `bücher.example` and `xn--bcher-kva.example` are one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LoginKey(String);

impl LoginKey {
    /// The most characters of what somebody types to log in.
    pub const MAX: usize = 320;

    /// The key for what somebody typed. Whether a user answers to it is for the store to say.
    pub fn parse(typed: &str) -> Result<Self, TextError> {
        short(typed, Self::MAX).map(|text| Self::of(&text))
    }

    /// The key of what was read already.
    pub(super) fn of(text: &str) -> Self {
        let folded = fold(text);
        // What is ASCII is its own spelling in DNS, and so is kept what DNS would not know.
        let in_dns = folded.rsplit_once('@').filter(|(_, domain)| !domain.is_ascii()).and_then(|(local, domain)| {
            let domain = idna::domain_to_ascii_cow(domain.as_bytes(), AsciiDenyList::URL).ok()?;
            Some(format!("{local}@{domain}"))
        });
        Self(in_dns.filter(|text| text.chars().count() <= Self::MAX).unwrap_or(folded))
    }

    /// The key's text, as stored.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom somebody claims to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Login {
    /// The user with this e-mail address.
    Email(LoginKey),
    /// The user with this login name.
    Name(LoginKey),
    /// The user with this login name or e-mail address.
    Any(LoginKey),
    /// A registered machine.
    Node(NodeRef),
}
