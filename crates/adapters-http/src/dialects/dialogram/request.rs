//! What arrives: a JSON object, which may have trailing commas as the page's own samples have.

mod body;

use vestibule_application::{api::Current, use_cases::log_in};
use vestibule_domain::{
    rights::RoleName,
    secret::{Password, PasswordError},
    session::DeviceName,
    user::{Login, LoginKey},
};

pub(super) use self::body::Body;
use super::Dialogram;
use crate::{
    device,
    dialect::Dialect,
    inbound::Inbound,
    media_type,
    negotiation::{self, BodyType},
};

/// Why nothing can be asked of the use case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// `Accept` rules JSON out.
    NotAcceptable,
    /// A password from elsewhere in plain text.
    InsecureTransport,
    /// The body says it is not JSON.
    UnsupportedMediaType,
    /// The body is not a JSON object with each name once.
    Malformed,
    /// A field has a JSON type it must not have.
    WrongType(&'static str),
    /// A field that must be there is not, or is empty.
    Missing(&'static str),
    /// A field's text cannot be what it is meant to be.
    Invalid(&'static str),
    /// No password that exists is this long.
    NoSuchPassword,
}

pub(super) fn read(dialogram: &Dialogram, inbound: &Inbound) -> Result<log_in::Command, Rejection> {
    if !negotiation::accepts(&inbound.headers, &[media_type::JSON]) {
        return Err(Rejection::NotAcceptable);
    }
    if !inbound.client.may_send_secrets() {
        inbound.note_exposure("a password");
        return Err(Rejection::InsecureTransport);
    }
    if !matches!(negotiation::body_type(&inbound.headers), BodyType::None | BodyType::Json) {
        return Err(Rejection::UnsupportedMediaType);
    }
    let body = Body::read(&inbound.body)?;
    // Types are looked at before values: a body of the wrong shape is told so, whatever it says.
    let (email, password) = (body.text("email")?, body.text("password")?);
    let (device, insists) = (body.text("deviceName")?, body.flag("backoffice")?);
    Ok(log_in::Command {
        caller: dialogram.caller(inbound.client),
        login: login(email)?,
        password: secret(password)?,
        device: match device {
            Some(name) => DeviceName::parse(name).map_err(|_| Rejection::Invalid("deviceName"))?,
            None => device::name_of(&inbound.headers),
        },
        needs: insists.then(RoleName::admin),
        // The page's request reads no session.
        current: Current::None,
        signed: true,
    })
}

fn login(email: Option<&str>) -> Result<Login, Rejection> {
    let email = email.filter(|email| !email.trim().is_empty()).ok_or(Rejection::Missing("email"))?;
    LoginKey::parse(email).map(Login::Email).map_err(|_| Rejection::Invalid("email"))
}

fn secret(typed: Option<&str>) -> Result<Password, Rejection> {
    Password::parse(typed.unwrap_or_default()).map_err(|error| match error {
        PasswordError::Empty => Rejection::Missing("password"),
        PasswordError::TooLong => Rejection::NoSuchPassword,
    })
}
