//! Randomness, digests, seals, signatures and password hashes, behind the ports of the application.
//!
//! Everything but the password hashes hangs on the [`Keys`] in a [`KeyFile`]; keys for each purpose are derived from them
//! and never stored. Nothing here logs or formats a secret. Start with [`KeyFile`] and [`Keyring`], then [`Argon2Hasher`].

mod hasher;
mod keyring;
mod keys;
mod random;
mod seals;
mod signer;
mod tokens;
mod tune;

pub use hasher::{
    Argon2Config, Argon2Cost, Argon2Hasher, HashLoad, HasherError, PepperError, PepperProblem, Peppers, give_way,
};
pub use keyring::{Keyring, KeysRefused};
pub use keys::{KeyError, KeyFile, KeyReport, KeyStanding, Keys, Stamp};
pub use random::RandomIds;
pub use seals::{AesSeals, OriginCollision};
pub use signer::Ed25519Signer;
pub use tokens::RandomTokens;
pub use tune::{Measured, measure, propose};
