//! What each outcome says: session info, user details, or an error with a code.

use std::time::Duration;

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use vestibule_application::{
    use_cases::{check_status, describe_session, describe_user, end_session, log_in, log_in_with_token},
    view::{Begun, Principal, SessionView},
};
use vestibule_domain::{
    node::Node,
    rights::{Right, RoleName},
    time::Timestamp,
    user::{PersonName, TimeZoneName, User},
};

use super::{Vprotect, request::Rejection};
use crate::{
    dialect::{Dialect, Refusal},
    inbound::Inbound,
    reply::{self, ReplyExt},
};

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct SessionInfo<'a> {
    last_successful_login: Option<i64>,
    last_failed_login: Option<i64>,
    ui_time_zone: &'a str,
    language: &'static str,
    privileges: Vec<&'a str>,
    requester: Requester<'a>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Requester<'a> {
    guid: String,
    name: &'a str,
}

#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AppUserDetails<'a> {
    guid: String,
    last_successful_login: Option<i64>,
    last_failed_login: Option<i64>,
    ui_time_zone: &'a str,
    login: &'a str,
    email: &'a str,
    first_name: Option<&'a str>,
    last_name: Option<&'a str>,
    roles: Vec<&'a str>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct ErrorBody<'a> {
    message: &'a str,
    code: &'a str,
}

/// A session was begun.
pub(super) fn logged_in(vprotect: &Vprotect, begun: &Begun) -> Response {
    let line = vprotect.cookie().set(begun.token.expose(), vprotect.settings.cookie_max_age);
    session_info(vprotect.statuses.logged_in, &begun.view).cookie(line)
}

/// A session was ended.
pub(super) fn logged_out(vprotect: &Vprotect) -> Response {
    reply::empty(vprotect.statuses.logged_out).cookie(vprotect.cookie().clear())
}

/// Whose session it is.
pub(super) fn session(view: &SessionView) -> Response {
    session_info(StatusCode::OK, view)
}

/// Who somebody is.
pub(super) fn user_details(user: &User) -> Response {
    let details = AppUserDetails {
        guid: user.id.to_string(),
        last_successful_login: user.last_successful_login.map(Timestamp::as_millis),
        last_failed_login: user.last_failed_login.map(Timestamp::as_millis),
        ui_time_zone: user.time_zone.as_str(),
        login: user.login.as_str(),
        email: user.email.as_str(),
        first_name: user.profile.name.as_ref().map(PersonName::as_str),
        last_name: user.profile.surname.as_ref().map(PersonName::as_str),
        roles: user.roles.iter().map(RoleName::as_str).collect(),
    };
    reply::json(StatusCode::OK, reply::JSON, &details)
}

/// The service can do its work.
pub(super) fn well() -> Response {
    reply::empty(StatusCode::NO_CONTENT)
}

/// A request was none.
pub(super) fn rejected(vprotect: &Vprotect, rejection: Rejection) -> Response {
    match rejection {
        Rejection::ForeignOrigin => {
            error(StatusCode::FORBIDDEN, "foreign_origin", "pages of this origin may not log in or out here")
        }
        Rejection::Insecure => {
            error(StatusCode::FORBIDDEN, "insecure_transport", "credentials are taken over HTTPS only")
        }
        Rejection::UnsupportedMediaType => {
            error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "the body must be application/json")
        }
        Rejection::Malformed(why) => malformed(why),
        Rejection::Missing(field) => malformed(&format!("the field {field} is missing")),
        Rejection::WrongCredentials => wrong_credentials(vprotect),
        Rejection::NoSession => no_session(),
    }
}

/// There was nothing to end, so the cookie is good for nothing.
pub(super) fn forgotten(vprotect: &Vprotect) -> Response {
    no_session().cookie(vprotect.cookie().clear())
}

pub(super) fn status_failed(vprotect: &Vprotect, inbound: &Inbound, error: &check_status::Error) -> Response {
    match error {
        check_status::Error::Store(error) => vprotect.store_failed(inbound, error),
    }
}

pub(super) fn login_failed(vprotect: &Vprotect, inbound: &Inbound, error: &log_in::Error) -> Response {
    match error {
        log_in::Error::UnknownLogin
        | log_in::Error::WrongPassword
        | log_in::Error::Disabled
        | log_in::Error::LacksRole => wrong_credentials(vprotect),
        log_in::Error::Throttled { retry_after } => throttled(*retry_after),
        log_in::Error::Overloaded { retry_after } => unavailable(*retry_after),
        log_in::Error::Store(error) => vprotect.store_failed(inbound, error),
    }
}

pub(super) fn token_login_failed(vprotect: &Vprotect, inbound: &Inbound, error: &log_in_with_token::Error) -> Response {
    match error {
        log_in_with_token::Error::UnknownToken | log_in_with_token::Error::Disabled => wrong_credentials(vprotect),
        log_in_with_token::Error::Throttled { retry_after } => throttled(*retry_after),
        log_in_with_token::Error::Store(error) => vprotect.store_failed(inbound, error),
    }
}

pub(super) fn logout_failed(vprotect: &Vprotect, inbound: &Inbound, error: &end_session::Error) -> Response {
    match error {
        end_session::Error::UnknownSession => forgotten(vprotect),
        end_session::Error::Throttled { retry_after } => throttled(*retry_after),
        end_session::Error::Store(error) => vprotect.store_failed(inbound, error),
    }
}

pub(super) fn session_failed(vprotect: &Vprotect, inbound: &Inbound, error: &describe_session::Error) -> Response {
    match error {
        describe_session::Error::UnknownSession => no_session(),
        describe_session::Error::Store(error) => vprotect.store_failed(inbound, error),
    }
}

pub(super) fn details_failed(vprotect: &Vprotect, inbound: &Inbound, failure: &describe_user::Error) -> Response {
    match failure {
        describe_user::Error::UnknownSession => no_session(),
        describe_user::Error::NotAUser => error(StatusCode::FORBIDDEN, "not_a_user", "the session is a node's"),
        describe_user::Error::Store(error) => vprotect.store_failed(inbound, error),
    }
}

pub(super) fn refused(refusal: Refusal) -> Response {
    match refusal {
        Refusal::NotFound => error(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"),
        Refusal::MethodNotAllowed => {
            error(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "this path has other methods")
        }
        Refusal::BodyTooLarge => error(StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is too large"),
        Refusal::Malformed(why) => malformed(why),
        Refusal::TimedOut => error(StatusCode::REQUEST_TIMEOUT, "timed_out", "the request took too long"),
        Refusal::Unavailable { retry_after } => unavailable(retry_after),
        Refusal::Internal { request_id } => {
            let message = format!("something went wrong here; the log knows more of request {request_id}");
            error(StatusCode::INTERNAL_SERVER_ERROR, "internal", &message)
        }
    }
}

/// A session of nobody is none to this API.
fn session_info(status: StatusCode, view: &SessionView) -> Response {
    let utc = TimeZoneName::default();
    let (guid, name, successful, failed, zone) = match &view.principal {
        Principal::User(user) => {
            let User { last_successful_login, last_failed_login, time_zone, .. } = user.as_ref();
            (user.id.to_string(), user.login.as_str(), last_successful_login, last_failed_login, time_zone)
        }
        Principal::Node(node) => {
            let Node { last_successful_login, last_failed_login, .. } = node;
            (node.id.to_string(), node.name.as_str(), last_successful_login, last_failed_login, &utc)
        }
        Principal::Anonymous | Principal::Setup => return no_session(),
    };
    let info = SessionInfo {
        last_successful_login: successful.map(Timestamp::as_millis),
        last_failed_login: failed.map(Timestamp::as_millis),
        ui_time_zone: zone.as_str(),
        language: "en",
        privileges: view.rights.iter().map(Right::as_str).collect(),
        requester: Requester { guid, name },
    };
    reply::json(status, reply::JSON, &info)
}

/// The one answer to every credential that lets nobody in.
fn wrong_credentials(vprotect: &Vprotect) -> Response {
    error(vprotect.statuses.wrong_credentials, "wrong_credentials", "these credentials let nobody in")
}

fn no_session() -> Response {
    error(StatusCode::UNAUTHORIZED, "no_session", "there is no live session in this request")
}

fn malformed(why: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "malformed_request", why)
}

fn throttled(retry_after: Duration) -> Response {
    error(StatusCode::TOO_MANY_REQUESTS, "throttled", "too many attempts").retry_after(retry_after)
}

fn unavailable(retry_after: Duration) -> Response {
    error(StatusCode::SERVICE_UNAVAILABLE, "unavailable", "the service is not available").retry_after(retry_after)
}

fn error(status: StatusCode, code: &str, message: &str) -> Response {
    reply::json(status, reply::JSON, &ErrorBody { message, code })
}
