//! The envelope, and what each outcome says in it.

use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_application::{
    use_cases::{disclose, end_session, log_in, register, start_session},
    view::SessionView,
};
use vestibule_domain::{secret::OpaqueToken, user::ProfileError};

use super::{Dood, request::Rejection};
use crate::{
    dialect::{Dialect, Edition, Refusal},
    inbound::Inbound,
    params::BodyError,
    reply::{self, ReplyExt},
};

/// When a caller who may not be told whether an address is taken may ask again: budgets refill within the hour.
const WITHHELD_RETRY: Duration = Duration::from_hours(1);

/// The page's result codes, by its names.
#[derive(Clone, Copy)]
enum Code {
    Ok = 0,
    ServiceUnavailable = 16,
    SessionExpired = 17,
    NotAuthorised = 18,
    LimitExceeded = 22,
    WrongLogin = 32,
    WrongPass = 33,
    LoginExists = 34,
    WrongEmail = 35,
    PassTooSimple = 36,
    WrongData = 48,
}

/// What of a login was wrong.
#[derive(Clone, Copy)]
enum Wrong {
    Login,
    Password,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Envelope<'a> {
    code: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    session_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<[ApiSession<'a>; 1]>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ApiSession<'a> {
    r#type: &'static str,
    session_key: &'a str,
    id: String,
    photo_server: &'a str,
    category_version: i64,
}

/// A session was begun.
pub(super) fn begun(dood: &Dood, token: &OpaqueToken, view: &SessionView) -> Response {
    let session = ApiSession {
        r#type: "APISession",
        session_key: token.expose(),
        id: view.session.id.to_string(),
        photo_server: &dood.settings.photo_server,
        category_version: dood.settings.category_version,
    };
    ok(Some(session))
}

/// A session was ended.
pub(super) fn ended() -> Response {
    ok(None)
}

/// A request was none.
pub(super) fn rejected(dood: &Dood, rejection: &Rejection) -> Response {
    match rejection {
        Rejection::Insecure => told(StatusCode::FORBIDDEN, Code::NotAuthorised, "passwords are taken over HTTPS only"),
        Rejection::Closed => told(StatusCode::FORBIDDEN, Code::NotAuthorised, "registration is closed"),
        Rejection::Prefetched => told(StatusCode::FORBIDDEN, Code::NotAuthorised, "this page is not to be prefetched"),
        Rejection::Unreadable(why) => told(status_of(*why), Code::WrongData, &why.to_string()),
        Rejection::WrongData(why) => told(StatusCode::BAD_REQUEST, Code::WrongData, why),
        Rejection::UnknownKey => unknown_session(),
        Rejection::WrongLogin => login_refused(dood, Wrong::Login),
        Rejection::WrongEmail => not_registered(dood, Code::WrongEmail, "the e-mail address is not valid"),
        Rejection::PasswordTooSimple => too_simple(dood),
    }
}

pub(super) fn start_failed(dood: &Dood, inbound: &Inbound, error: &start_session::Error) -> Response {
    match error {
        start_session::Error::Throttled { retry_after } => throttled(*retry_after),
        start_session::Error::Store(error) => dood.store_failed(inbound, error),
    }
}

pub(super) async fn login_failed(dood: &Dood, inbound: &Inbound, error: &log_in::Error) -> Response {
    match error {
        log_in::Error::UnknownLogin => wrong_credentials(dood, inbound, Wrong::Login).await,
        log_in::Error::WrongPassword | log_in::Error::Disabled | log_in::Error::LacksRole => {
            wrong_credentials(dood, inbound, Wrong::Password).await
        }
        log_in::Error::Throttled { retry_after } => throttled(*retry_after),
        log_in::Error::Overloaded { retry_after } => unavailable(*retry_after),
        log_in::Error::Store(error) => dood.store_failed(inbound, error),
    }
}

pub(super) fn logout_failed(dood: &Dood, inbound: &Inbound, error: &end_session::Error) -> Response {
    match error {
        end_session::Error::UnknownSession => unknown_session(),
        end_session::Error::Throttled { retry_after } => throttled(*retry_after),
        end_session::Error::Store(error) => dood.store_failed(inbound, error),
    }
}

pub(super) async fn registration_failed(dood: &Dood, inbound: &Inbound, error: &register::Error) -> Response {
    match error {
        register::Error::BirthdateInFuture => {
            told(StatusCode::BAD_REQUEST, Code::WrongData, &ProfileError::Birthdate.to_string())
        }
        register::Error::PasswordTooSimple => too_simple(dood),
        register::Error::EmailTaken => match may_know(dood, inbound).await {
            disclose::Outcome::Granted => not_registered(dood, Code::LoginExists, "the e-mail address is taken"),
            disclose::Outcome::Withheld => throttled(WITHHELD_RETRY),
        },
        register::Error::Throttled { retry_after } => throttled(*retry_after),
        register::Error::Overloaded { retry_after } => unavailable(*retry_after),
        register::Error::Store(error) => dood.store_failed(inbound, error),
    }
}

pub(super) fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound => told(StatusCode::NOT_FOUND, Code::WrongData, "there is nothing at this path"),
        Refusal::MethodNotAllowed => {
            told(StatusCode::METHOD_NOT_ALLOWED, Code::WrongData, "this path has other methods")
        }
        Refusal::BodyTooLarge => told(StatusCode::PAYLOAD_TOO_LARGE, Code::WrongData, "the body is too large"),
        Refusal::Malformed(why) => told(StatusCode::BAD_REQUEST, Code::WrongData, why),
        Refusal::TimedOut => told(StatusCode::REQUEST_TIMEOUT, Code::WrongData, "the request took too long"),
        Refusal::Unavailable { retry_after } => unavailable(retry_after),
        Refusal::Internal { request_id } => {
            let message = format!("something went wrong here; the log knows more of request {request_id}");
            told(StatusCode::INTERNAL_SERVER_ERROR, Code::ServiceUnavailable, &message)
        }
    }
}

/// Tells that a login failed, and why only within the budget for telling strangers who has an account.
async fn wrong_credentials(dood: &Dood, inbound: &Inbound, wrong: Wrong) -> Response {
    if dood.context.is_hardened() {
        return login_refused(dood, wrong);
    }
    match may_know(dood, inbound).await {
        disclose::Outcome::Granted => login_refused(dood, wrong),
        // "There is no guarantee that response has data with API error code."
        disclose::Outcome::Withheld => reply::empty(StatusCode::UNAUTHORIZED),
    }
}

async fn may_know(dood: &Dood, inbound: &Inbound) -> disclose::Outcome {
    dood.context.api.disclose(disclose::Command { caller: dood.caller(inbound.client) }).await
}

/// A hardened mount has one answer to every failed login.
fn login_refused(dood: &Dood, wrong: Wrong) -> Response {
    let (code, message) = match wrong {
        _ if dood.context.is_hardened() => (Code::WrongPass, "wrong e-mail address or password"),
        Wrong::Login => (Code::WrongLogin, "nobody has this e-mail address"),
        Wrong::Password => (Code::WrongPass, "wrong password"),
    };
    told(StatusCode::UNAUTHORIZED, code, message)
}

fn not_registered(dood: &Dood, code: Code, message: &str) -> Response {
    let status = match dood.context.edition {
        Edition::Documented => StatusCode::OK,
        Edition::Deployed => StatusCode::UNAUTHORIZED,
    };
    told(status, code, message)
}

fn too_simple(dood: &Dood) -> Response {
    not_registered(dood, Code::PassTooSimple, "the password is too simple")
}

fn unknown_session() -> Response {
    told(StatusCode::UNAUTHORIZED, Code::SessionExpired, "no session has this key, or it is over")
}

fn throttled(retry_after: Duration) -> Response {
    told(StatusCode::TOO_MANY_REQUESTS, Code::LimitExceeded, "too many attempts").retry_after(retry_after)
}

fn unavailable(retry_after: Duration) -> Response {
    told(StatusCode::SERVICE_UNAVAILABLE, Code::ServiceUnavailable, "the service is not available")
        .retry_after(retry_after)
}

const fn status_of(error: BodyError) -> StatusCode {
    match error {
        BodyError::UnsupportedMediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        BodyError::Malformed(_) => StatusCode::BAD_REQUEST,
    }
}

fn ok(session: Option<ApiSession>) -> Response {
    let session_key = session.as_ref().map(|session| session.session_key);
    enveloped(
        StatusCode::OK,
        &Envelope { code: Code::Ok as u8, session_key, message: None, data: session.map(|one| [one]) },
    )
}

/// The document has status 200 for some of these.
fn told(status: StatusCode, code: Code, message: &str) -> Response {
    enveloped(status, &Envelope { code: code as u8, session_key: None, message: Some(message), data: None }).refused()
}

fn enveloped(status: StatusCode, envelope: &Envelope) -> Response {
    reply::json(status, reply::JSON, envelope)
}
