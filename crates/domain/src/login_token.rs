//! Login tokens: a way in for one user, once, for a short time (seed 004, `login-with-token`).

use crate::{secret::Digest, time::Timestamp, user::UserId};

/// A login token as stored. Spending it is a precondition of the change that begins the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoginToken {
    /// The digest of the token.
    pub digest: Digest,
    /// Whom it lets in.
    pub user: UserId,
    /// When it was issued.
    pub issued: Timestamp,
    /// From when it is refused.
    pub expires: Timestamp,
}
