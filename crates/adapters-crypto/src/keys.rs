//! The keys that an installation keeps, and the keys derived from them.

mod file;
#[cfg(test)]
mod tests;
mod text;

use std::time::Duration;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use vestibule_application::ports::SigningFailed;
use vestibule_domain::time::Timestamp;
use zeroize::Zeroizing;

pub use self::file::{KeyError, KeyFile, Stamp};
use crate::random::random;

type Secret = Zeroizing<[u8; 32]>;

/// The keys in a key file: those that sign and seal, which are rotated, and a part that stays.
///
/// Whoever has them can forge signed tokens and anonymous sessions; whoever loses them ends those. Has no `Debug`, and
/// is wiped when dropped.
pub struct Keys {
    /// Session identifiers and guard tags depend on it, some of them in the store: another one would change what is
    /// stored already.
    stable: Secret,
    /// Newest first, never empty; the newest has no end.
    keys: Vec<Key>,
}

/// 32 secret bytes from which a signing and a sealing key are derived, and when they count.
pub(crate) struct Key {
    /// Told by its public key; what a token's header names (`kid`).
    pub(crate) id: String,
    secret: Secret,
    /// Unknown of a key from a file that held nothing else.
    created: Option<Timestamp>,
    pub(crate) signs_from: Timestamp,
    pub(crate) until: Option<Timestamp>,
}

/// What a derived key is for. Each has a context of its own, so that no two keys are related.
#[derive(Clone, Copy)]
pub(crate) enum Purpose {
    Sealing,
    SessionIds,
    Signing,
    GuardTags,
}

/// What a key does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyStanding {
    /// What it signed and sealed is accepted; it will sign later, once every node knows it.
    Waiting,
    /// It signs and seals.
    Signing,
    /// What it signed and sealed is still accepted.
    Verifying,
    /// What it signed and sealed is refused.
    Over,
}

/// A key as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyReport {
    /// Its name, which is no secret.
    pub id: String,
    /// When it was made, where that is known.
    pub created: Option<Timestamp>,
    /// From when on it signs and seals, unless a newer one does.
    pub signs_from: Timestamp,
    /// When what it signed and sealed begins to be refused.
    pub until: Option<Timestamp>,
    /// What it does now.
    pub standing: KeyStanding,
}

impl Purpose {
    const fn context(self) -> &'static str {
        match self {
            Self::Sealing => "vestibule 2026-11 anonymous session sealing v1",
            Self::SessionIds => "vestibule 2026-11 sealed session identifiers v1",
            Self::Signing => "vestibule 2026-11 token signing seed v1",
            Self::GuardTags => "vestibule 2026-11 browser guard tags v1",
        }
    }
}

fn derived(secret: &Secret, purpose: Purpose) -> Secret {
    Zeroizing::new(blake3::derive_key(purpose.context(), secret.as_slice()))
}

impl Key {
    fn of(secret: Secret, created: Option<Timestamp>, signs_from: Timestamp) -> Result<Self, SigningFailed> {
        let mut key = Self { id: String::new(), secret, created, signs_from, until: None };
        let pair = key.pair()?;
        blake3::hash(pair.public_key().as_ref()).to_hex()[..16].clone_into(&mut key.id);
        Ok(key)
    }

    pub(crate) fn pair(&self) -> Result<Ed25519KeyPair, SigningFailed> {
        Ed25519KeyPair::from_seed_unchecked(self.derive(Purpose::Signing).as_slice()).map_err(|_| SigningFailed)
    }

    pub(crate) fn derive(&self, purpose: Purpose) -> Secret {
        derived(&self.secret, purpose)
    }
}

/// When a key counts: the one place that decides it, for files and for running services.
pub(crate) trait Timed {
    fn signs_from(&self) -> Timestamp;
    fn until(&self) -> Option<Timestamp>;

    fn verifies_at(&self, now: Timestamp) -> bool {
        self.until().is_none_or(|until| now < until)
    }
}

impl Timed for Key {
    fn signs_from(&self) -> Timestamp {
        self.signs_from
    }

    fn until(&self) -> Option<Timestamp> {
        self.until
    }
}

/// The newest key whose time to sign has come, else the newest there is.
pub(crate) fn signing<T: Timed>(keys: &[T], now: Timestamp) -> &T {
    keys.iter().find(|key| key.signs_from() <= now && key.verifies_at(now)).unwrap_or(&keys[0])
}

impl Keys {
    /// A random key and a random stable part, kept nowhere yet.
    pub fn random(now: Timestamp) -> Result<Self, SigningFailed> {
        let key = Key::of(Zeroizing::new(random()), Some(now), now)?;
        Ok(Self { stable: Zeroizing::new(random()), keys: vec![key] })
    }

    /// One secret for everything, as key files were before they could be rotated.
    fn single(secret: Secret) -> Result<Self, SigningFailed> {
        Ok(Self { stable: secret.clone(), keys: vec![Key::of(secret, None, Timestamp::EPOCH)?] })
    }

    /// Makes a key that verifies at once and signs after `activate_after`; what older ones signed and sealed is accepted
    /// for `overlap` from then on. Gives the new key's id.
    fn rotate(&mut self, now: Timestamp, activate_after: Duration, overlap: Duration) -> Result<String, SigningFailed> {
        let key = Key::of(Zeroizing::new(random()), Some(now), now.plus(activate_after))?;
        let until = key.signs_from.plus(overlap);
        for older in &mut self.keys {
            older.until = Some(older.until.map_or(until, |earlier| earlier.min(until)));
        }
        let id = key.id.clone();
        self.keys.insert(0, key);
        Ok(id)
    }

    /// Takes a key away. The newest of those that are left has no end, and signs at once if this one did.
    fn revoke(&mut self, id: &str, now: Timestamp) -> Result<(), KeyError> {
        let place = self.keys.iter().position(|key| key.id == id);
        let place = place.ok_or_else(|| KeyError::Unknown(id.to_owned()))?;
        let signed = signing(&self.keys, now).id == id;
        let left = self.keys.iter().find(|key| key.id != id && key.verifies_at(now));
        let newest = left.map(|key| key.id.clone()).ok_or(KeyError::Last)?;
        self.keys.remove(place);
        if let Some(newest) = self.keys.iter_mut().find(|key| key.id == newest) {
            newest.until = None;
            if signed {
                newest.signs_from = newest.signs_from.min(now);
            }
        }
        Ok(())
    }

    /// Takes away the keys that are over, and gives their ids.
    fn prune(&mut self, now: Timestamp) -> Vec<String> {
        let over: Vec<String> =
            self.keys.iter().filter(|key| !key.verifies_at(now)).map(|key| key.id.clone()).collect();
        self.keys.retain(|key| key.verifies_at(now));
        over
    }

    /// The keys as they may be shown, newest first.
    pub fn reports(&self, now: Timestamp) -> Vec<KeyReport> {
        let signing = signing(&self.keys, now);
        let standing = |key: &Key| match key {
            key if key.id == signing.id => KeyStanding::Signing,
            key if !key.verifies_at(now) => KeyStanding::Over,
            // One that a newer key has overtaken never will sign: the newest has no end.
            key if key.signs_from > now && key.until.is_none_or(|_| signing.until.is_some()) => KeyStanding::Waiting,
            _ => KeyStanding::Verifying,
        };
        let report = |key: &Key| KeyReport {
            id: key.id.clone(),
            created: key.created,
            signs_from: key.signs_from,
            until: key.until,
            standing: standing(key),
        };
        self.keys.iter().map(report).collect()
    }

    pub(crate) fn rotating(&self) -> &[Key] {
        &self.keys
    }

    pub(crate) fn derive_stable(&self, purpose: Purpose) -> Secret {
        derived(&self.stable, purpose)
    }

    #[cfg(test)]
    pub(crate) fn of_byte(byte: u8) -> Self {
        Self::single(Zeroizing::new([byte; 32])).unwrap_or_else(|error| panic!("{error}"))
    }
}
