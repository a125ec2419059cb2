//! Begins a session for a program that submits the values of a form configuration (seed 002).

use std::{collections::BTreeMap, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    form::{FormName, Violations},
    secret::OpaqueToken,
    session::DeviceName,
};

use crate::{
    api::{Caller, Current},
    ports::StoreError,
    view::Begun,
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
