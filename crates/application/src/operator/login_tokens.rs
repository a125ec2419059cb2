//! Tokens that are good once: to log in with, or to reset a password with.

use std::time::Duration;

use vestibule_domain::{
    login_token::LoginToken,
    message::EventKind,
    secret::{Digest, OpaqueToken},
    session::Subject,
    time::Timestamp,
    user::User,
};

use super::{Error, Operator, Whom};
use crate::{change::Change, ports::Tokens};

/// A token, which is told this once.
pub struct IssuedToken {
    /// Whom it lets in.
    pub user: User,
    /// The token.
    pub token: OpaqueToken,
    /// From when it is refused.
    pub expires: Timestamp,
}

impl Operator {
    /// Issues a token that lets a user in once, within `lifetime`.
    pub async fn issue_login_token(&self, whom: impl Into<Whom<'_>>, lifetime: Duration) -> Result<IssuedToken, Error> {
        self.issue(whom, lifetime, |tokens, token| tokens.digest(token), EventKind::LoginTokenIssued).await
    }

    /// Issues a token with which a user sets a new password once, within `lifetime`. Their sessions and the present
    /// password are good until then.
    pub async fn issue_reset_token(&self, whom: impl Into<Whom<'_>>, lifetime: Duration) -> Result<IssuedToken, Error> {
        self.issue(whom, lifetime, |tokens, token| tokens.reset_digest(token), EventKind::PasswordResetIssued).await
    }

    async fn issue(
        &self,
        whom: impl Into<Whom<'_>>,
        lifetime: Duration,
        digest: fn(&dyn Tokens, &OpaqueToken) -> Digest,
        kind: EventKind,
    ) -> Result<IssuedToken, Error> {
        let user = self.user(whom).await?;
        if user.disabled {
            return Err(Error::Disabled(user.login));
        }
        let (token, at) = (self.ports.tokens.mint(), self.ports.clock.now());
        let (digest, expires) = (digest(self.ports.tokens.as_ref(), &token), at.plus(lifetime));
        self.commit(vec![
            Change::AddLoginToken(LoginToken { digest, user: user.id, issued: at, expires }),
            self.record(kind, Some(Subject::User(user.id)), at),
        ])
        .await?;
        Ok(IssuedToken { user, token, expires })
    }
}
