//! Login tokens: a way in for one user, once, for a short time (seed 004, `login-with-token`), or a way back in, by a new
//! password.

use crate::{secret::Digest, time::Timestamp, user::UserId};

/// A login token as stored. Spending it is a precondition of the change that begins the session, or sets the password.
/// For which of the two it is good is in its digest and nowhere else: presented for the other, it is not found.
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
