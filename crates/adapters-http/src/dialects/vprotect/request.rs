//! From JSON bodies, cookies and headers to commands.

use serde::{Deserialize, de::DeserializeOwned};
use utoipa::ToSchema;
use vestibule_application::{
    api::Current,
    use_cases::{describe_session, describe_user, end_session, log_in, log_in_with_token},
};
use vestibule_domain::{
    node::{NodeId, NodeName, NodeRef},
    secret::{OpaqueToken, Password},
    session::Bearer,
    user::{Login, LoginKey},
};

use super::Vprotect;
use crate::{
    device,
    dialect::Dialect,
    inbound::{Head, Inbound},
    negotiation::{self, BodyType},
    origin::{self, Provenance},
    params::json::{self, Unreadable},
};

/// Why a request does not become a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// A page from elsewhere made a browser send it.
    ForeignOrigin,
    /// It would send credentials over plain HTTP from another machine.
    Insecure,
    /// Its body is not JSON.
    UnsupportedMediaType,
    /// Its body cannot be read; says why, never what it held.
    Malformed(&'static str),
    /// A field without which it says nothing.
    Missing(&'static str),
    /// Nobody can have such credentials.
    WrongCredentials,
    /// It presents no session.
    NoSession,
}

// Fields are optional here so that one that is missing can be named, in our words: serde's own quote what they do not like.

#[derive(Deserialize, ToSchema)]
pub(super) struct LoginRequest {
    #[schema(value_type = String)]
    login: Option<String>,
    #[schema(value_type = String)]
    password: Option<String>,
}

#[derive(Deserialize, ToSchema)]
pub(super) struct LoginWithTokenRequest {
    #[schema(value_type = String)]
    token: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct NodeLoginRequest {
    guid: Option<String>,
    name: Option<String>,
    secret: Option<String>,
}

pub(super) fn log_in(vprotect: &Vprotect, inbound: &Inbound) -> Result<log_in::Command, Rejection> {
    let LoginRequest { login, password } = credentials(vprotect, inbound)?;
    let (login, password) = (present(login, "login")?, present(password, "password")?);
    let login = LoginKey::parse(&login).map_err(|_| Rejection::WrongCredentials)?;
    log_in_as(vprotect, inbound, Login::Name(login), password)
}

pub(super) fn log_in_node(vprotect: &Vprotect, inbound: &Inbound) -> Result<log_in::Command, Rejection> {
    let NodeLoginRequest { guid, name, secret } = credentials(vprotect, inbound)?;
    let node = match (guid, name) {
        (Some(guid), _) => NodeId::parse(&guid).map(NodeRef::Id),
        (None, name) => NodeName::parse(&present(name, "guid")?).ok().map(NodeRef::Name),
    };
    let secret = present(secret, "secret")?;
    log_in_as(vprotect, inbound, Login::Node(node.ok_or(Rejection::WrongCredentials)?), secret)
}

pub(super) fn log_in_with_token(
    vprotect: &Vprotect,
    inbound: &Inbound,
) -> Result<log_in_with_token::Command, Rejection> {
    let LoginWithTokenRequest { token } = credentials(vprotect, inbound)?;
    Ok(log_in_with_token::Command {
        caller: vprotect.caller(inbound.client),
        token: OpaqueToken::parse(&present(token, "token")?).ok(),
        device: device::name_of(&inbound.headers),
        current: current(vprotect, inbound),
    })
}

pub(super) fn log_out(vprotect: &Vprotect, inbound: &Inbound) -> Result<end_session::Command, Rejection> {
    must_not_be_foreign(vprotect, inbound)?;
    let bearer = bearer(vprotect, inbound.head()).ok_or(Rejection::NoSession)?;
    Ok(end_session::Command { caller: vprotect.caller(inbound.client), bearer })
}

pub(super) fn describe_session(vprotect: &Vprotect, head: Head<'_>) -> Result<describe_session::Command, Rejection> {
    let bearer = bearer(vprotect, head).ok_or(Rejection::NoSession)?;
    Ok(describe_session::Command { caller: vprotect.caller(head.client), bearer })
}

pub(super) fn describe_user(vprotect: &Vprotect, inbound: &Inbound) -> Result<describe_user::Command, Rejection> {
    let bearer = bearer(vprotect, inbound.head()).ok_or(Rejection::NoSession)?;
    Ok(describe_user::Command { caller: vprotect.caller(inbound.client), bearer })
}

fn log_in_as(
    vprotect: &Vprotect,
    inbound: &Inbound,
    login: Login,
    password: String,
) -> Result<log_in::Command, Rejection> {
    Ok(log_in::Command {
        caller: vprotect.caller(inbound.client),
        login,
        password: Password::parse(password).map_err(|_| Rejection::WrongCredentials)?,
        device: device::name_of(&inbound.headers),
        needs: None,
        current: current(vprotect, inbound),
        signed: false,
    })
}

/// The session that the request presents, in the header or else in the cookie.
fn bearer(vprotect: &Vprotect, head: Head<'_>) -> Option<Bearer> {
    let text = head.authorization("bearer").or_else(|| head.cookie(&vprotect.settings.cookie_name))?;
    Bearer::parse(text).ok()
}

fn current(vprotect: &Vprotect, inbound: &Inbound) -> Current {
    bearer(vprotect, inbound.head()).map_or(Current::None, Current::Replace)
}

/// Cookies are sent along whoever wrote the page, so a page from elsewhere may change nothing.
fn must_not_be_foreign(vprotect: &Vprotect, inbound: &Inbound) -> Result<(), Rejection> {
    let Vprotect { context, settings, .. } = vprotect;
    match origin::provenance(&inbound.headers, &context.site, &settings.allowed_origins) {
        Provenance::NoBrowser | Provenance::Own | Provenance::Listed => Ok(()),
        Provenance::Foreign => Err(Rejection::ForeignOrigin),
    }
}

/// A body with credentials.
fn credentials<T: DeserializeOwned>(vprotect: &Vprotect, inbound: &Inbound) -> Result<T, Rejection> {
    must_not_be_foreign(vprotect, inbound)?;
    if !inbound.client.may_send_secrets() {
        inbound.note_exposure("a password");
        return Err(Rejection::Insecure);
    }
    match negotiation::body_type(&inbound.headers) {
        BodyType::Json => {}
        // A page anywhere can make a browser post a body of no type or of a form's, but not JSON.
        BodyType::None if !origin::has_browser_signals(&inbound.headers) => {}
        BodyType::None | BodyType::Urlencoded | BodyType::Multipart | BodyType::Other => {
            return Err(Rejection::UnsupportedMediaType);
        }
    }
    json::object(&inbound.body).map_err(|unreadable| {
        Rejection::Malformed(match unreadable {
            Unreadable::NotAnObject => "the body is not a JSON object",
            Unreadable::NotJson => "the body is not valid JSON",
            Unreadable::WrongField => "a field has the wrong type or is given twice",
        })
    })
}

fn present(field: Option<String>, name: &'static str) -> Result<String, Rejection> {
    field.ok_or(Rejection::Missing(name))
}
