//! The keys of a running service, which change under it when their file does.

use std::sync::{Arc, PoisonError, RwLock};

use aes::{Aes128, cipher::KeyInit};
use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use subtle::ConstantTimeEq;
use thiserror::Error;
use vestibule_application::ports::{Clock, SigningFailed};
use vestibule_domain::time::Timestamp;
use zeroize::Zeroizing;

use crate::keys::{Key, Keys, Purpose, Timed, signing};

#[cfg(test)]
mod tests;

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
    pair: Ed25519KeyPair,
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
        let pair = key.pair()?;
        let header = json_header(&key.id);
        let sealing = key.derive(Purpose::Sealing);
        let (sealing, _) = sealing.split_at(16);
        let ready = Self {
            id: key.id.clone(),
            signs_from: key.signs_from,
            until: key.until,
            header: URL_SAFE_NO_PAD.encode(header),
            public: pair.public_key().as_ref().to_vec(),
            pair,
            cipher: Aes128::new(&std::array::from_fn(|place| sealing[place]).into()),
        };
        let probe = ready.header.as_bytes();
        if ready.is_signed(probe, &ready.sign(probe)) { Ok(ready) } else { Err(SigningFailed) }
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.pair.sign(message).as_ref().to_vec()
    }

    /// Whether this is the key's Ed25519 signature; there is no other algorithm.
    pub(crate) fn is_signed(&self, message: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.public).verify(message, signature).is_ok()
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

/// Written out, because tokens are recognised by it for as long as they live.
fn json_header(id: &str) -> String {
    format!(r#"{{"typ":"JWT","alg":"EdDSA","kid":"{id}"}}"#)
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
