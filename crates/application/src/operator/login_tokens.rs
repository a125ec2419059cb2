//! Login tokens.

use std::time::Duration;

use vestibule_domain::{
    login_token::LoginToken, message::EventKind, secret::OpaqueToken, session::Subject, time::Timestamp, user::User,
};

use super::{Error, Operator, record};
use crate::change::Change;

/// A login token, which is told this once.
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
    pub async fn issue_login_token(&self, named: &str, lifetime: Duration) -> Result<IssuedToken, Error> {
        let user = self.user(named).await?;
        if user.disabled {
            return Err(Error::Disabled(user.login));
        }
        let (token, at) = (self.ports.tokens.mint(), self.ports.clock.now());
        let (digest, expires) = (self.ports.tokens.digest(&token), at.plus(lifetime));
        self.commit(vec![
            Change::AddLoginToken(LoginToken { digest, user: user.id, issued: at, expires }),
            record(EventKind::LoginTokenIssued, Some(Subject::User(user.id)), at),
        ])
        .await?;
        Ok(IssuedToken { user, token, expires })
    }
}
