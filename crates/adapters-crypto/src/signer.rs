//! Signed tokens: JWTs (RFC 7519) with Ed25519 signatures (RFC 8037).
//!
//! A token's header is never believed: it must be, byte for byte, the one that a key of ours writes, and that key's
//! signature is demanded. So no header can choose an algorithm, bring a key or name a place to fetch one from
//! (RFC 8725, sections 3.1, 3.2, 3.10 and 3.11).

mod assertion;

use std::{sync::Arc, time::Duration};

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vestibule_application::{
    ports::{InvalidSignature, SigningFailed, TokenSigner},
    view::SessionView,
};
use vestibule_domain::{
    session::{Claims, SessionId, SignedToken},
    time::Timestamp,
};

use self::assertion::WireAssertion;
use crate::keyring::{Keyring, ReadyKey};

#[cfg(test)]
mod tests;

/// How far the clocks of two nodes may be apart before one refuses what the other has just signed.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// Signs with the key whose turn it is, and verifies with every one that still counts. Tokens of any other key,
/// algorithm, type, issuer or audience are refused.
pub struct Ed25519Signer {
    issuer: String,
    keyring: Arc<Keyring>,
}

/// The claims on the wire. Times are whole seconds.
#[derive(Clone, Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    /// Not written, but heeded.
    #[serde(default, skip_serializing, deserialize_with = "present")]
    nbf: Option<i64>,
    exp: i64,
    /// `<sid>.<epoch>`.
    jti: String,
    scope: String,
}

/// A claim that may be left out but not be `null`.
fn present<'de, D: serde::Deserializer<'de>>(claim: D) -> Result<Option<i64>, D::Error> {
    i64::deserialize(claim).map(Some)
}

impl Ed25519Signer {
    /// A signer for this issuer, who is the audience too.
    pub fn new(keyring: Arc<Keyring>, issuer: impl Into<String>) -> Self {
        Self { issuer: issuer.into(), keyring }
    }

    /// The claims of a token that one of the keys signed.
    fn verified(&self, token: &str) -> Option<WireClaims> {
        if token.len() > SignedToken::MAX_BYTES {
            return None;
        }
        let (header, _) = token.split_once('.')?;
        let verified = |key: &ReadyKey| if key.header == header { key.verified(token) } else { None };
        self.keyring.verifying(verified).pop()
    }
}

impl TokenSigner for Ed25519Signer {
    fn sign(&self, claims: &Claims) -> Result<SignedToken, SigningFailed> {
        let wire = WireClaims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: claims.subject,
            sid: claims.session.as_uuid(),
            iat: claims.issued.as_secs(),
            nbf: None,
            exp: claims.expires.as_secs(),
            jti: format!("{}.{}", claims.session, claims.epoch),
            scope: claims.scope.join(" "),
        };
        self.keyring.signing(|key| key.sign(&wire)).map(SignedToken::new)
    }

    /// Times come back as signed: rounded down to whole seconds.
    fn verify(&self, token: &SignedToken) -> Result<Claims, InvalidSignature> {
        let wire = self.verified(token.expose()).ok_or(InvalidSignature)?;
        let session = SessionId::from_uuid(wire.sid);
        let (_, epoch) = wire.jti.rsplit_once('.').ok_or(InvalidSignature)?;
        let epoch: u32 = epoch.parse().map_err(|_| InvalidSignature)?;
        let latest = self.keyring.now().plus(CLOCK_SKEW).as_secs();
        if wire.iss != self.issuer
            || wire.aud != self.issuer
            || wire.jti != format!("{session}.{epoch}")
            || wire.iat.max(wire.nbf.unwrap_or(i64::MIN)) > latest
        {
            return Err(InvalidSignature);
        }
        let time = |seconds: i64| seconds.checked_mul(1000).map(Timestamp::from_millis).ok_or(InvalidSignature);
        Ok(Claims {
            subject: wire.sub,
            session,
            epoch,
            issued: time(wire.iat)?,
            expires: time(wire.exp)?,
            scope: wire.scope.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        })
    }

    fn assert(&self, view: &SessionView, issued: Timestamp, expires: Timestamp) -> Result<SignedToken, SigningFailed> {
        let wire = WireAssertion::of(view, &self.issuer, issued, expires).ok_or(SigningFailed)?;
        self.keyring.signing(|key| key.sign_as(assertion::TYPE, &wire)).map(SignedToken::new)
    }
}
