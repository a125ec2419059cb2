//! Begins a session of a user or node that proves itself by password or secret.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    rights::RoleName,
    secret::Password,
    session::{Claims, DeviceName, SignedToken, Subject},
    user::Login,
};

use crate::{
    api::{Caller, Current},
    policies::{
        gate::{Admitted, Denied, Gate},
        openings::{OpenError, Opening, Openings, Target},
        viewer::Viewer,
    },
    ports::{Clock, StoreError, TokenSigner},
    view::{Begun, Principal, SessionView},
};

/// Log in.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// Who they claim to be.
    pub login: Login,
    /// The proof.
    pub password: Password,
    /// On what device.
    pub device: DeviceName,
    /// A role without which there is to be no session.
    pub needs: Option<RoleName>,
    /// What becomes of the session they came with.
    pub current: Current,
    /// Whether a signed token is wanted too.
    pub signed: bool,
}

/// The session.
pub type Outcome = Begun;

/// Why there is no session.
#[derive(Debug, Error)]
pub enum Error {
    /// No user or node has this login.
    #[error("no user or node has this login")]
    UnknownLogin,
    /// It is not the password.
    #[error("wrong password")]
    WrongPassword,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The password is right, but the user has not the role that was asked for.
    #[error("the user has not the role that was asked for")]
    LacksRole,
    /// Too many attempts failed.
    #[error("too many failed attempts")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// Too many logins are under way.
    #[error("too many logins are under way")]
    Overloaded {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Denied> for Error {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::UnknownLogin => Self::UnknownLogin,
            Denied::WrongPassword => Self::WrongPassword,
            Denied::Disabled => Self::Disabled,
            Denied::Throttled { retry_after } => Self::Throttled { retry_after },
            Denied::Overloaded { retry_after } => Self::Overloaded { retry_after },
            Denied::Store(error) => Self::Store(error),
        }
    }
}

/// Logs in.
pub struct UseCase {
    /// Checks credentials.
    pub gate: Arc<Gate>,
    /// Opens the session.
    pub openings: Arc<Openings>,
    /// Signs tokens.
    pub signer: Arc<dyn TokenSigner>,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Logs in.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let admitted = self.gate.admit(&command.login, &command.password, &command.caller, None).await?;
        let lacks = |role: &RoleName| !has_role(&admitted.principal, role);
        if command.needs.as_ref().is_some_and(lacks) {
            return Err(Error::LacksRole);
        }
        let mut begun = self.begin(admitted, command.caller, command.device, command.current).await?;
        if command.signed {
            begun.signed = self.sign(&begun.view)?;
        }
        Ok(begun)
    }

    /// Begins the session of somebody who was let in.
    pub(super) async fn begin(
        &self,
        admitted: Admitted,
        caller: Caller,
        device: DeviceName,
        current: Current,
    ) -> Result<Begun, Error> {
        let Admitted { subject, is_backoffice, conditions, is_noted, .. } = admitted;
        let (address, target) = (caller.address, Target::Current(current));
        let opening = Opening { caller, device, subject, is_backoffice, target, conditions, is_noted };
        let opened = self.openings.open(&opening).await.map_err(|error| match error {
            // The password changed, or the user was disabled, while it was checked.
            OpenError::Condition(_) | OpenError::UnknownSession => Error::WrongPassword,
            OpenError::Store(error) => Error::Store(error),
        })?;
        let view = self.viewer.view(opened.session, address, opened.newest).await?.ok_or(Error::Disabled)?;
        Ok(Begun { view, token: opened.token, signed: None })
    }

    /// A token that others can verify. Its scope says whether it is of a back-office session (seed 001).
    fn sign(&self, view: &SessionView) -> Result<Option<SignedToken>, StoreError> {
        let subject = match view.session.subject {
            Subject::User(user) => user.as_uuid(),
            Subject::Node(node) => node.as_uuid(),
            Subject::Anonymous | Subject::Setup => return Ok(None),
        };
        let scope = has_role(&view.principal, &RoleName::admin()).then(|| "backoffice".to_owned());
        let claims = Claims {
            subject,
            session: view.session.id,
            epoch: view.session.epoch,
            issued: self.clock.now(),
            expires: view.session.expires,
            scope: scope.into_iter().collect(),
        };
        self.signer.sign(&claims).map(Some).map_err(|_| StoreError::Malformed("signing key"))
    }
}

fn has_role(principal: &Principal, role: &RoleName) -> bool {
    matches!(principal, Principal::User(user) if user.has_role(role))
}
