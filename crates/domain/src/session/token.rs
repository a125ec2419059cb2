//! The two forms in which a session is presented, and what binds one to a browser.

use zeroize::{Zeroize, ZeroizeOnDrop};

use super::SessionId;
use crate::{
    secret::{MalformedToken, OpaqueToken},
    time::Timestamp,
};

/// A signed token (JWT, RFC 7519) as it was presented or issued. Bearer secret: no `Debug`.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SignedToken(String);

impl SignedToken {
    /// The longest signed token that is looked at, in bytes.
    pub const MAX_BYTES: usize = 4096;

    /// Wraps a token that the signer made.
    pub fn new(compact: impl Into<String>) -> Self {
        Self(compact.into())
    }

    /// Reads a token by its form: three base64url parts between two dots. Says nothing about its signature.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        let part = |part: &str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let parts = text.split('.');
        if text.len() <= Self::MAX_BYTES && parts.clone().count() == 3 && parts.clone().all(part) {
            Ok(Self(text.to_owned()))
        } else {
            Err(MalformedToken)
        }
    }

    /// The compact form, for the verifier and for the one answer that hands it to its holder.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Proof of holding a session, in either form. Every API that reads one accepts both.
#[derive(Clone)]
pub enum Bearer {
    /// The opaque token.
    Opaque(OpaqueToken),
    /// The signed token.
    Signed(SignedToken),
}

impl Bearer {
    /// Reads either form.
    pub fn parse(text: &str) -> Result<Self, MalformedToken> {
        OpaqueToken::parse(text).map(Self::Opaque).or_else(|_| SignedToken::parse(text).map(Self::Signed))
    }

    /// The token as its holder wrote it, for the one answer that hands it to its holder.
    pub fn expose(&self) -> &str {
        match self {
            Self::Opaque(token) => token.expose(),
            Self::Signed(token) => token.expose(),
        }
    }
}

/// What a signed token says (spec of dialect 001).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// `sub`: the id of the session's user or node.
    pub subject: uuid::Uuid,
    /// `sid`: the session.
    pub session: SessionId,
    /// The session's epoch when the token was signed (part of `jti`): a sign-out makes it stale.
    pub epoch: u32,
    /// `iat`.
    pub issued: Timestamp,
    /// `exp`: the session's absolute expiry.
    pub expires: Timestamp,
    /// `scope`: space-separated words.
    pub scope: Vec<String>,
}

/// 24 bits of the secret that a browser was given when it began a session. Short enough to travel inside a sealed
/// token; one guess against it costs one throttled login.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GuardTag(u32);

impl GuardTag {
    /// The lowest 24 bits of `bits`.
    pub const fn new(bits: u32) -> Self {
        Self(bits & 0x00ff_ffff)
    }

    /// The 24 bits.
    pub const fn bits(self) -> u32 {
        self.0
    }
}
