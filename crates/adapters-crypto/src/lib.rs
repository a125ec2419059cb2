//! Randomness, digests, seals, signatures and password hashes, behind the ports of the application.
//!
//! Everything but the password hashes hangs on one [`MasterKey`]; keys for each purpose are derived from it and never
//! stored. Nothing here logs, formats or stores a secret. Start with [`MasterKey`], then [`Argon2Hasher`].

mod hasher;
mod keys;
mod random;
mod seals;
mod signer;
mod tokens;
mod tune;

pub use hasher::{Argon2Config, Argon2Cost, Argon2Hasher, HasherError, PepperError, PepperProblem, Peppers};
pub use keys::{KeyError, MasterKey};
pub use random::RandomIds;
pub use seals::{AesSeals, OriginCollision};
pub use signer::Ed25519Signer;
pub use tokens::RandomTokens;
pub use tune::{Measured, measure, propose};
