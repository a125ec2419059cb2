//! From parameters to commands.

use vestibule_application::{
    api::Current,
    use_cases::{
        end_session, log_in, register,
        start_session::{self, Guarding},
    },
};
use vestibule_domain::{
    secret::Password,
    session::{Bearer, DeviceName},
    text::TextError,
    user::{Birthdate, City, EmailAddress, Login, PersonName, Profile, ProfileError, Sex},
};

use super::Dood;
use crate::{
    device,
    dialect::Dialect,
    inbound::Inbound,
    origin,
    params::{BodyError, Params},
};

/// The fewest characters of a new password that this page promises to take.
const MIN_PASSWORD: usize = 6;
/// The most characters of `system`.
pub(super) const MAX_SYSTEM: usize = 32;

/// Every parameter that some page knows.
const PARAMETERS: [&str; 10] =
    ["session_key", "system", "email", "password", "sex", "name", "surname", "nickname", "birthdate", "default_city"];

/// Why a request does not become a command.
#[derive(Debug)]
pub(super) enum Rejection {
    /// It came over plain HTTP.
    Insecure,
    /// Nobody can register here.
    Closed,
    /// A browser sent it ahead of any wish of its user's.
    Prefetched,
    /// Its body or query cannot be read.
    Unreadable(BodyError),
    /// A parameter is missing or malformed; says which and how.
    WrongData(String),
    /// No session can have this key.
    UnknownKey,
    /// Nobody can log in under this address.
    WrongLogin,
    /// Nobody can register under this address.
    WrongEmail,
    /// The password is too short to register with.
    PasswordTooSimple,
}

pub(super) async fn start(dood: &Dood, inbound: &Inbound) -> Result<start_session::Command, Rejection> {
    let params = params(dood, inbound).await?;
    // Nobody keeps it, but it may be malformed.
    system(&params)?;
    Ok(start_session::Command { caller: dood.caller(inbound.client), guarding: Guarding::None, setup: None })
}

pub(super) async fn log_in(dood: &Dood, inbound: &Inbound) -> Result<log_in::Command, Rejection> {
    let params = secret_params(dood, inbound).await?;
    let email = params.get("email").and_then(|text| EmailAddress::parse(text).ok()).ok_or(Rejection::WrongLogin)?;
    Ok(log_in::Command {
        caller: dood.caller(inbound.client),
        login: Login::Email(email.key()),
        password: password(&params)?,
        device: device(&params, inbound)?,
        needs: None,
        current: current(dood, &params, inbound)?,
        signed: false,
    })
}

pub(super) async fn log_out(dood: &Dood, inbound: &Inbound) -> Result<end_session::Command, Rejection> {
    let params = params(dood, inbound).await?;
    let bearer = key(&params, inbound).and_then(|key| Bearer::parse(key).ok()).ok_or(Rejection::UnknownKey)?;
    Ok(end_session::Command { caller: dood.caller(inbound.client), bearer })
}

pub(super) async fn register(dood: &Dood, inbound: &Inbound) -> Result<register::Command, Rejection> {
    if dood.settings.is_closed {
        return Err(Rejection::Closed);
    }
    let params = secret_params(dood, inbound).await?;
    let email = params.get("email").and_then(|text| EmailAddress::parse(text).ok()).ok_or(Rejection::WrongEmail)?;
    if params.get("password").unwrap_or_default().chars().count() < MIN_PASSWORD {
        return Err(Rejection::PasswordTooSimple);
    }
    Ok(register::Command {
        caller: dood.caller(inbound.client),
        email,
        password: password(&params)?,
        profile: profile(&params)?,
        device: device(&params, inbound)?,
        current: current(dood, &params, inbound)?,
    })
}

/// What is in the body before what is in the query; hardened, neither may say otherwise than the other, or than itself.
async fn params(dood: &Dood, inbound: &Inbound) -> Result<Params, Rejection> {
    // Every page here that is opened by GET has effects.
    if origin::is_prefetch(&inbound.headers) {
        return Err(Rejection::Prefetched);
    }
    let params = inbound.body_and_query(&PARAMETERS).await.map_err(Rejection::Unreadable)?;
    if dood.context.is_hardened() {
        params.agree_on(PARAMETERS).map_err(Rejection::Unreadable)?;
    }
    Ok(params)
}

/// Parameters with a password among them.
async fn secret_params(dood: &Dood, inbound: &Inbound) -> Result<Params, Rejection> {
    if dood.keeps_secrets(inbound) {
        return params(dood, inbound).await;
    }
    inbound.note_exposure("a password");
    Err(Rejection::Insecure)
}

fn password(params: &Params) -> Result<Password, Rejection> {
    let typed = params.get("password").unwrap_or_default();
    Password::parse(typed).map_err(|why| Rejection::WrongData(why.to_string()))
}

fn key<'a>(params: &'a Params, inbound: &'a Inbound) -> Option<&'a str> {
    params.filled("session_key").or_else(|| inbound.authorization("bearer"))
}

fn current(dood: &Dood, params: &Params, inbound: &Inbound) -> Result<Current, Rejection> {
    let Some(key) = key(params, inbound) else { return Ok(Current::None) };
    let bearer = Bearer::parse(key).map_err(|_| Rejection::UnknownKey)?;
    Ok(Current::Upgrade { bearer, rotate: dood.context.is_hardened() })
}

fn device(params: &Params, inbound: &Inbound) -> Result<DeviceName, Rejection> {
    Ok(system(params)?.unwrap_or_else(|| device::name_of(&inbound.headers)))
}

/// The device, as the client says it.
fn system(params: &Params) -> Result<Option<DeviceName>, Rejection> {
    let word = |text: &str| match text.chars().count() {
        n if n > MAX_SYSTEM => Err(TextError::TooLong(MAX_SYSTEM)),
        _ if text.contains(char::is_whitespace) => Err(TextError::Invalid("must be one word")),
        _ => DeviceName::parse(text),
    };
    text(params, "system", word)
}

fn profile(params: &Params) -> Result<Profile, Rejection> {
    let malformed = |why: ProfileError| Rejection::WrongData(why.to_string());
    Ok(Profile {
        sex: params.filled("sex").map(Sex::parse).transpose().map_err(malformed)?.unwrap_or_default(),
        name: text(params, "name", PersonName::parse)?,
        surname: text(params, "surname", PersonName::parse)?,
        nickname: text(params, "nickname", PersonName::parse)?,
        birthdate: params.filled("birthdate").map(Birthdate::parse).transpose().map_err(malformed)?,
        default_city: text(params, "default_city", City::parse)?.unwrap_or_default(),
    })
}

/// An optional parameter; an empty one counts as absent.
fn text<T>(
    params: &Params,
    name: &str,
    read: impl FnOnce(&str) -> Result<T, TextError>,
) -> Result<Option<T>, Rejection> {
    let read = params.filled(name).map(read).transpose();
    read.map_err(|why| Rejection::WrongData(format!("{name} {why}")))
}
