//! Signed tokens: JWTs (RFC 7519) with Ed25519 signatures (RFC 8037).

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vestibule_application::ports::{InvalidSignature, SigningFailed, TokenSigner};
use vestibule_domain::{
    session::{Claims, SessionId, SignedToken},
    time::Timestamp,
};
use zeroize::Zeroizing;

use crate::keys::{MasterKey, Purpose};

#[cfg(test)]
mod tests;

/// What precedes an Ed25519 seed in PKCS #8 (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Signs and verifies with a key derived from the master key. Tokens of any other key, algorithm, issuer or audience
/// are refused.
pub struct Ed25519Signer {
    issuer: String,
    kid: String,
    public: [u8; 32],
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
}

/// The claims on the wire. Times are whole seconds.
#[derive(Serialize, Deserialize)]
struct WireClaims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    exp: i64,
    /// `<sid>.<epoch>`.
    jti: String,
    scope: String,
}

impl Ed25519Signer {
    /// A signer for this issuer, who is the audience too. Signs and verifies once, so that an unusable key is found
    /// here and not at the first login.
    pub fn new(master: &MasterKey, issuer: impl Into<String>) -> Result<Self, SigningFailed> {
        let issuer = issuer.into();
        let seed = master.derive(Purpose::Signing);
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.as_slice()).map_err(|_| SigningFailed)?;
        let public: [u8; 32] = pair.public_key().as_ref().try_into().map_err(|_| SigningFailed)?;
        let der = Zeroizing::new([PKCS8_PREFIX.as_slice(), seed.as_slice()].concat());

        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&issuer]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        // The caller compares with the service's own clock.
        validation.validate_exp = false;

        let signer = Self {
            issuer,
            kid: blake3::hash(&public).to_hex()[..16].to_owned(),
            public,
            encoding: EncodingKey::from_ed_der(&der),
            decoding: DecodingKey::from_ed_der(&public),
            validation,
        };
        let probe = Claims {
            subject: Uuid::nil(),
            session: SessionId::from_uuid(Uuid::nil()),
            epoch: 0,
            issued: Timestamp::EPOCH,
            expires: Timestamp::EPOCH,
            scope: Vec::new(),
        };
        let verified = signer.verify(&signer.sign(&probe)?).map_err(|_| SigningFailed)?;
        if verified == probe { Ok(signer) } else { Err(SigningFailed) }
    }

    /// The public key as a JSON Web Key Set (RFC 7517), for those who verify tokens themselves.
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::json!({ "keys": [{
            "kty": "OKP",
            "crv": "Ed25519",
            "x": URL_SAFE_NO_PAD.encode(self.public),
            "kid": self.kid,
            "use": "sig",
            "alg": "EdDSA",
        }] })
    }
}

impl TokenSigner for Ed25519Signer {
    fn sign(&self, claims: &Claims) -> Result<SignedToken, SigningFailed> {
        let header = Header { kid: Some(self.kid.clone()), ..Header::new(Algorithm::EdDSA) };
        let wire = WireClaims {
            iss: self.issuer.clone(),
            aud: self.issuer.clone(),
            sub: claims.subject,
            sid: claims.session.as_uuid(),
            iat: claims.issued.as_secs(),
            exp: claims.expires.as_secs(),
            jti: format!("{}.{}", claims.session, claims.epoch),
            scope: claims.scope.join(" "),
        };
        encode(&header, &wire, &self.encoding).map(SignedToken::new).map_err(|_| SigningFailed)
    }

    /// Times come back as signed: rounded down to whole seconds.
    fn verify(&self, token: &SignedToken) -> Result<Claims, InvalidSignature> {
        let data =
            decode::<WireClaims>(token.expose(), &self.decoding, &self.validation).map_err(|_| InvalidSignature)?;
        let wire = data.claims;
        let session = SessionId::from_uuid(wire.sid);
        let (_, epoch) = wire.jti.rsplit_once('.').ok_or(InvalidSignature)?;
        let epoch: u32 = epoch.parse().map_err(|_| InvalidSignature)?;
        if data.header.kid.as_ref() != Some(&self.kid) || wire.jti != format!("{session}.{epoch}") {
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
}
