//! Randomness, digests, seals, signatures and password hashes.

use std::time::Duration;

use async_trait::async_trait;
use thiserror::Error;
use vestibule_domain::{
    secret::{Digest, OpaqueToken, OperatorToken, Password, PasswordHash},
    session::{Claims, DeviceName, GuardTag, Origin, Session, SessionId, SignedToken, Subject},
    time::Timestamp,
};

use crate::view::SessionView;

/// Random tokens and what is kept of them.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Tokens: Send + Sync {
    /// A new token of 128 random bits.
    fn mint(&self) -> OpaqueToken;
    /// The digest under which a token is stored. Digests of tokens that differ in any byte differ.
    fn digest(&self, token: &OpaqueToken) -> Digest;
    /// The digest under which a token that resets a password is stored. It differs from every [`Self::digest`], so that
    /// no token is ever good for both.
    fn reset_digest(&self, token: &OpaqueToken) -> Digest;
    /// The digest under which an operator's token is stored. It differs from every digest of another kind of token.
    fn operator_digest(&self, token: &OperatorToken) -> Digest;
    /// The tag by which a sealed session knows the browser that holds this guard secret. Never zero.
    fn guard_tag(&self, guard: &OpaqueToken) -> GuardTag;
}

/// What a sealed token says to whoever holds the key. It is all there is of an anonymous session: no row is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// The API it was begun through.
    pub origin: Origin,
    /// When it is over, in whole seconds: rounded down when sealed.
    pub expires: Timestamp,
    /// It was granted for setting the system up.
    pub setup: bool,
    /// The browser it was begun in.
    pub guard: Option<GuardTag>,
}

impl Seal {
    /// The session that is all in its seal.
    pub fn session(self, id: SessionId, device: DeviceName, begun: Timestamp) -> Session {
        Session {
            subject: if self.setup { Subject::Setup } else { Subject::Anonymous },
            guard: self.guard,
            sealed_until: Some(self.expires),
            ..Session::begin(id, self.origin, device, begun, self.expires)
        }
    }
}

/// Anonymous sessions as sealed tokens: indistinguishable from random ones, verified by any node that has the key.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait Seals: Send + Sync {
    /// A new token that says `seal`. Two tokens are never alike, even for equal seals.
    fn seal(&self, seal: &Seal) -> OpaqueToken;
    /// What a token may say, by each key that it can have been sealed with: mostly one thing, or nothing if it was not
    /// sealed here (or for an API that no longer exists). By chance there is a false reading beside the true one; the
    /// caller tells them apart by their expiry, which he checks anyway.
    fn unseal(&self, token: &OpaqueToken) -> Vec<Seal>;
    /// The session identifier that belongs to a sealed token: always the same, and of no use for finding the token.
    fn session_id(&self, token: &OpaqueToken) -> SessionId;
}

/// Signing failed: the key is unusable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the signing key is unusable")]
pub struct SigningFailed;

/// A signed token is not one of ours, or not for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the token's signature or claims are not valid")]
pub struct InvalidSignature;

/// The second bearer form: tokens that others can verify with published keys.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
pub trait TokenSigner: Send + Sync {
    /// Signs.
    fn sign(&self, claims: &Claims) -> Result<SignedToken, SigningFailed>;
    /// The claims of a token that this service signed as a session's. Expiry is for the caller to decide.
    fn verify(&self, token: &SignedToken) -> Result<Claims, InvalidSignature>;
    /// Signs for other services whose session this is. What it makes is no session's token: it differs in type and
    /// audience from all that [`Self::sign`] makes, and [`Self::verify`] refuses it.
    fn assert(&self, view: &SessionView, issued: Timestamp, expires: Timestamp) -> Result<SignedToken, SigningFailed>;
}

/// How dear a hash is to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashProfile {
    /// For passwords that people choose: as configured, at least OWASP's minimum by default.
    Standard,
    /// For secrets that are random already.
    Fast,
}

/// What a password is compared with.
#[derive(Clone)]
pub enum Against {
    /// A stored hash.
    Stored(PasswordHash),
    /// Nothing, at the cost of a hash of this profile: the answer is always [`Verdict::Wrong`].
    Nothing(HashProfile),
}

/// The outcome of a comparison.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Not the password.
    Wrong,
    /// The password.
    Right,
    /// The password, stored otherwise than a new hash of [`HashProfile::Standard`] would be: by another algorithm, with
    /// other parameters or another pepper.
    RightButOutdated,
}

/// Why a stored hash cannot be compared with. Says nothing of the hash itself.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum UnusableHash {
    /// No format that is known here looks like this.
    #[error("its format is not known here")]
    UnknownFormat,
    /// It begins like a format that is known, which carries its name, and then does not keep to it.
    #[error("it begins like a hash of {0}, but cannot be read as one")]
    Malformed(&'static str),
    /// It demands more than this service is ready to spend on one login. Carries what it would spend.
    #[error("it demands more work or memory than one login may take: at most {0}")]
    TooDear(&'static str),
    /// It was made with a pepper that this service does not have. Carries the pepper's id.
    #[error("it was made with the pepper {0:?}, which this service does not have")]
    UnknownPepper(String),
}

/// Why there is no hash or verdict.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum HashError {
    /// Too many are waiting already.
    #[error("too many logins at once; try again in {} s", retry_after.as_secs())]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The stored hash cannot be compared with, and no work was spent on it.
    #[error("a stored password hash cannot be used: {0}")]
    Unusable(#[from] UnusableHash),
}

/// Password hashing, bounded in how many are made at once, and in what each may take.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait PasswordHasher: Send + Sync {
    /// A salted hash.
    async fn hash(&self, password: &Password, profile: HashProfile) -> Result<PasswordHash, HashError>;
    /// Compares; a wrong password costs as much as a right one, and nothing as much as something.
    async fn verify(&self, password: &Password, against: Against) -> Result<Verdict, HashError>;
    /// Whether a hash that another system made can be compared with. Costs next to nothing.
    fn check(&self, hash: &PasswordHash) -> Result<(), UnusableHash>;
}
