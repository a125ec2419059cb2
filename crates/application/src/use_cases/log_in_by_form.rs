//! Begins a session for a program that submits the values of a form configuration (seed 002).

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    form::{FormAction, FormName, Violations},
    secret::{OpaqueToken, Password},
    session::DeviceName,
    user::{Login, LoginKey},
};

use super::log_in;
use crate::{
    api::{Caller, Current},
    policies::{callers::Callers, gate::Denied},
    ports::StoreError,
    view::{Begun, Principal},
};

/// Log in by form.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// The program's API token, if it presented one.
    pub api_token: Option<OpaqueToken>,
    /// Which form configuration; nothing if none was named, or a name that none can have.
    pub form: Option<FormName>,
    /// The values by field, `email` and `password` among them; nothing if there was no form object.
    pub values: Option<BTreeMap<String, String>>,
    /// On what device.
    pub device: DeviceName,
    /// What becomes of the session the request came with.
    pub current: Current,
}

/// The session.
pub type Outcome = Begun;

/// Why there is no session. Found out in this order.
#[derive(Debug, Error)]
pub enum Error {
    /// The API token is missing, unknown, expired or revoked.
    #[error("the API token is missing or not accepted")]
    UnknownClient,
    /// There is no such form configuration, it is for another action, or no values came with it.
    #[error("there is no such form configuration for this action")]
    UnusableForm,
    /// Values break validations.
    #[error("values break the form's validations")]
    Invalid(Violations),
    /// No user has this e-mail address.
    #[error("no user has this e-mail address")]
    UnknownLogin,
    /// It is not this user's password.
    #[error("wrong password")]
    WrongPassword,
    /// The password is right, but the user is disabled.
    #[error("the user is disabled")]
    Disabled,
    /// The password is right, but the form is for other roles.
    #[error("the form is not for this user's roles")]
    NotAdmitted,
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
        log_in::Error::from(denied).into()
    }
}

impl From<log_in::Error> for Error {
    fn from(error: log_in::Error) -> Self {
        match error {
            log_in::Error::UnknownLogin => Self::UnknownLogin,
            log_in::Error::WrongPassword => Self::WrongPassword,
            log_in::Error::Disabled => Self::Disabled,
            log_in::Error::LacksRole => Self::NotAdmitted,
            log_in::Error::Throttled { retry_after } => Self::Throttled { retry_after },
            log_in::Error::Overloaded { retry_after } => Self::Overloaded { retry_after },
            log_in::Error::Store(error) => Self::Store(error),
        }
    }
}

/// Logs in.
pub struct UseCase {
    /// Programs and forms.
    pub callers: Arc<Callers>,
    /// Logs in.
    pub log_in: Arc<log_in::UseCase>,
}

impl UseCase {
    /// Logs in by form.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let client = self.callers.client(command.api_token.as_ref()).await?.ok_or(Error::UnknownClient)?;
        let form = self.callers.form(command.form.as_ref(), FormAction::Create).await?;
        let (Some(form), Some(mut values)) = (form, command.values) else { return Err(Error::UnusableForm) };
        let violations = form.violations(&values);
        if !violations.is_empty() {
            return Err(Error::Invalid(violations));
        }
        // A form may leave its fields optional; nobody logs in without them.
        let email = LoginKey::parse(values.get("email").map_or("", String::as_str)).map_err(|_| Error::UnknownLogin)?;
        let password = Password::parse(values.remove("password").unwrap_or_default());
        let password = password.map_err(|_| Error::WrongPassword)?;
        let login = Login::Email(email);
        let admitted = self.log_in.gate.admit(&login, &password, &command.caller, Some(client.id)).await?;
        let roles_fit = matches!(&admitted.principal, Principal::User(user) if form.admits(&user.roles));
        if !roles_fit {
            return Err(Error::NotAdmitted);
        }
        Ok(self.log_in.begin(admitted, command.caller, command.device, command.current).await?)
    }
}
