//! The keys of a running service, which change under it when their file does.

use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use aes::{Aes128, cipher::KeyInit};
use aws_lc_rs::signature::KeyPair;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use thiserror::Error;
use vestibule_application::ports::{Clock, SigningFailed};
use vestibule_domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::keys::{Key, Keys, Purpose, Timed, signing};

#[cfg(test)]
mod tests;

/// What precedes an Ed25519 seed in PKCS #8 (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Demands a signature, and leaves the claims to the caller.
static SIGNATURE_ONLY: LazyLock<Validation> = LazyLock::new(|| {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation
});

/// Keys ready for use, and the clock by which they count.
pub struct Keyring {
    clock: Arc<dyn Clock>,
    keys: RwLock<Arc<[ReadyKey]>>,
    pub(crate) session_ids: Zeroizing<[u8; 32]>,
}

/// A key of which everything is derived.
pub(crate) struct ReadyKey {
    id: String,
    signs_from: Timestamp,
    until: Option<Timestamp>,
    /// The first part of every token that it signs, byte for byte.
    pub(crate) header: String,
    public: Vec<u8>,
    encoding: EncodingKey,
    decoding: DecodingKey,
    pub(crate) cipher: Aes128,
}

/// Why keys were not taken over. Those from before stay in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum KeysRefused {
    /// They are another installation's.
    #[error("the key file has another stable part: it was not rotated but exchanged; restart to use it all the same")]
    Exchanged,
    /// One of them cannot sign.
    #[error(transparent)]
    Unusable(#[from] SigningFailed),
}

impl Timed for ReadyKey {
    fn signs_from(&self) -> Timestamp {
        self.signs_from
    }

    fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

impl ReadyKey {
    /// Signs and verifies once, so that an unusable key is found here and not at the first login.
    fn new(key: &Key) -> Result<Self, SigningFailed> {
        let public = key.pair()?.public_key().as_ref().to_vec();
        let der = Zeroizing::new([PKCS8_PREFIX.as_slice(), key.derive(Purpose::Signing).as_slice()].concat());
        let sealing = key.derive(Purpose::Sealing);
        let (sealing, _) = sealing.split_at(16);
        let mut ready = Self {
            id: key.id.clone(),
            signs_from: key.signs_from,
            until: key.until,
            header: String::new(),
            encoding: EncodingKey::from_ed_der(&der),
            decoding: DecodingKey::from_ed_der(&public),
            public,
            cipher: Aes128::new(&std::array::from_fn(|place| sealing[place]).into()),
        };
        let probe = ready.sign(&json!({}))?;
        let (header, _) = probe.split_once('.').ok_or(SigningFailed)?;
        header.clone_into(&mut ready.header);
        ready.verified::<Value>(&probe).map(|_| ready).ok_or(SigningFailed)
    }

    /// A session's token with these claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, SigningFailed> {
        self.sign_as("JWT", claims)
    }

    /// A token of this type (RFC 8725, section 3.11) with these claims.
    pub(crate) fn sign_as(&self, typ: &str, claims: &impl Serialize) -> Result<String, SigningFailed> {
        let kid = Some(self.id.clone());
        let header = Header { kid, typ: Some(typ.to_owned()), ..Header::new(Algorithm::EdDSA) };
        encode(&header, claims, &self.encoding).map_err(|_| SigningFailed)
    }

    /// The claims of a token that has this key's Ed25519 signature; there is no other algorithm. What they say is for
    /// the caller to judge.
    pub(crate) fn verified<C: DeserializeOwned + Clone>(&self, token: &str) -> Option<C> {
        decode(token, &self.decoding, &SIGNATURE_ONLY).ok().map(|token| token.claims)
    }

    fn published(&self) -> Value {
        json!({
            "kty": "OKP",
            "crv": "Ed25519",
            "x": URL_SAFE_NO_PAD.encode(&self.public),
            "kid": self.id,
            "use": "sig",
            "alg": "EdDSA",
        })
    }
}

fn ready(keys: &Keys) -> Result<Arc<[ReadyKey]>, SigningFailed> {
    keys.rotating().iter().map(ReadyKey::new).collect()
}

impl Keyring {
    /// These keys, by this clock.
    pub fn new(keys: &Keys, clock: Arc<dyn Clock>) -> Result<Self, SigningFailed> {
        let session_ids = keys.derive_stable(Purpose::SessionIds);
        Ok(Self { clock, keys: RwLock::new(ready(keys)?), session_ids })
    }

    /// Uses these from now on: the same with one more, or without some.
    pub fn replace(&self, keys: &Keys) -> Result<(), KeysRefused> {
        if !bool::from(keys.derive_stable(Purpose::SessionIds).ct_eq(self.session_ids.as_slice())) {
            return Err(KeysRefused::Exchanged);
        }
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = ready(keys)?;
        Ok(())
    }

    /// The id of the key that signs and seals now.
    pub fn signing_id(&self) -> String {
        self.signing(|key| key.id.clone())
    }

    /// Since when the key that signs and seals now has done so.
    pub fn signing_since(&self) -> Timestamp {
        self.signing(|key| key.signs_from)
    }

    /// How many keys there are: what was signed or sealed by the others is accepted, or will be by those to come.
    pub fn count(&self) -> usize {
        self.current().len()
    }

    /// The public keys of everything that is accepted now or will be signed soon, as a JSON Web Key Set (RFC 7517).
    pub fn published(&self) -> Value {
        json!({ "keys": self.verifying(|key| Some(key.published())) })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Asks the key that signs and seals now.
    pub(crate) fn signing<T>(&self, ask: impl FnOnce(&ReadyKey) -> T) -> T {
        ask(signing(&self.current(), self.now()))
    }

    /// Asks every key that verifies now, and gathers the answers.
    pub(crate) fn verifying<T>(&self, ask: impl FnMut(&ReadyKey) -> Option<T>) -> Vec<T> {
        let now = self.now();
        self.current().iter().filter(|key| key.verifies_at(now)).filter_map(ask).collect()
    }

    fn current(&self) -> Arc<[ReadyKey]> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }
}
