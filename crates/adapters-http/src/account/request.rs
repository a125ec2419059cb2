//! What arrives: a JSON object of texts, from a program or from this service's own pages.

use serde::{Deserialize, de::DeserializeOwned};
use utoipa::ToSchema;
use vestibule_application::use_cases::{change_password, reset_password};
use vestibule_domain::{
    secret::{OpaqueToken, Password, PasswordError},
    user::LoginKey,
};

use super::Account;
use crate::{
    dialect::Dialect,
    inbound::Inbound,
    negotiation::{self, BodyType},
    origin::{self, Provenance},
    params::json,
};

/// Why nothing can be asked of the use case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// A page from anywhere else made a browser send it.
    CrossSite,
    /// Passwords from elsewhere in plain text.
    InsecureTransport,
    /// The body does not say that it is JSON.
    UnsupportedMediaType,
    /// The body is not an object of these fields, each a text and there once.
    Malformed(&'static str),
    /// Nobody has such a login or such a password.
    WrongCredentials,
    /// The new password cannot be one.
    NewPassword(PasswordError),
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Change {
    login: String,
    password: String,
    #[schema(min_length = 1)]
    new_password: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Reset {
    token: String,
    #[schema(min_length = 1)]
    new_password: String,
}

pub(super) fn change_password(account: &Account, inbound: &Inbound) -> Result<change_password::Command, Rejection> {
    let Change { login, password, new_password } = read(account, inbound, "login, password and new_password")?;
    let new_password = Password::parse(new_password).map_err(Rejection::NewPassword)?;
    Ok(change_password::Command {
        caller: account.caller(inbound.client),
        login: LoginKey::parse(&login).map_err(|_| Rejection::WrongCredentials)?,
        password: Password::parse(password).map_err(|_| Rejection::WrongCredentials)?,
        new_password,
    })
}

pub(super) fn reset_password(account: &Account, inbound: &Inbound) -> Result<reset_password::Command, Rejection> {
    let Reset { token, new_password } = read(account, inbound, "token and new_password")?;
    Ok(reset_password::Command {
        caller: account.caller(inbound.client),
        token: OpaqueToken::parse(&token).ok(),
        new_password: Password::parse(new_password).map_err(Rejection::NewPassword)?,
    })
}

fn read<T: DeserializeOwned>(account: &Account, inbound: &Inbound, fields: &'static str) -> Result<T, Rejection> {
    if origin::provenance(&inbound.headers, &account.site, &[]) == Provenance::Foreign {
        return Err(Rejection::CrossSite);
    }
    if !inbound.client.may_send_secrets() {
        inbound.note_exposure("a password or reset token");
        return Err(Rejection::InsecureTransport);
    }
    // A page elsewhere can post forms and plain text without being asked for leave, so the type has to be said.
    if negotiation::body_type(&inbound.headers) != BodyType::Json {
        return Err(Rejection::UnsupportedMediaType);
    }
    json::object(&inbound.body).map_err(|_| Rejection::Malformed(fields))
}
