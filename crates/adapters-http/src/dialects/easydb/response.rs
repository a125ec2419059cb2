//! What is answered: session objects, redirects and errors.

mod errors;
mod object;

use std::time::Duration;

use axum::response::Response;
use http::{HeaderValue, StatusCode, header::LOCATION};
use vestibule_application::{
    ports::StoreError,
    use_cases::{authenticate_session, describe_session, sign_out, start_session},
    view::SessionView,
};
use vestibule_domain::session::Bearer;

use self::errors::session_not_found;
pub(super) use self::{
    errors::{ErrorObject, refusal},
    object::{More, Owner, SessionObject},
};
use super::{
    Easydb,
    redirect::Target,
    request::{Authentication, Rejection},
};
use crate::{
    dialect::{Dialect, Refusal},
    inbound::Inbound,
    reply::{self, ReplyExt},
};

/// How long a browser keeps its guard: longer than any login page stays open.
const GUARD_MAX_AGE: Duration = Duration::from_hours(12);

/// Why a login failed, as the page it came from is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    UsernameOrPasswordEmpty,
    LoginFailed,
    OtherBrowser,
    LoginDisabled,
    LoginBlocked { retry_after: Duration },
}

/// Why there is no session to tell of.
pub(super) enum Failure {
    UnknownSession,
    Refused(Reason),
    Overloaded { retry_after: Duration },
    Store(StoreError),
}

impl From<describe_session::Error> for Failure {
    fn from(error: describe_session::Error) -> Self {
        match error {
            describe_session::Error::UnknownSession => Self::UnknownSession,
            describe_session::Error::Store(cause) => Self::Store(cause),
        }
    }
}

impl From<sign_out::Error> for Failure {
    fn from(error: sign_out::Error) -> Self {
        match error {
            sign_out::Error::UnknownSession => Self::UnknownSession,
            sign_out::Error::Store(cause) => Self::Store(cause),
        }
    }
}

impl From<authenticate_session::Error> for Failure {
    fn from(error: authenticate_session::Error) -> Self {
        use authenticate_session::Error;
        match error {
            Error::UnknownSession => Self::UnknownSession,
            Error::OtherBrowser => Self::Refused(Reason::OtherBrowser),
            // Which logins exist is nobody's business.
            Error::UnknownLogin | Error::WrongPassword => Self::Refused(Reason::LoginFailed),
            Error::Disabled => Self::Refused(Reason::LoginDisabled),
            Error::Throttled { retry_after } => Self::Refused(Reason::LoginBlocked { retry_after }),
            Error::Overloaded { retry_after } => Self::Overloaded { retry_after },
            Error::Store(cause) => Self::Store(cause),
        }
    }
}

impl Easydb {
    pub(super) fn started(
        &self,
        inbound: &Inbound,
        result: Result<start_session::Outcome, start_session::Error>,
    ) -> Response {
        match result {
            Ok(begun) => self.begun(begun),
            Err(start_session::Error::Throttled { retry_after }) => self.refuse(Refusal::Unavailable { retry_after }),
            Err(start_session::Error::Store(cause)) => self.store_failed(inbound, &cause),
        }
    }

    pub(super) fn begun(&self, start_session::Outcome { view, token, guard }: start_session::Outcome) -> Response {
        let guard = guard.and_then(|guard| self.guard_cookie.set(guard.expose(), GUARD_MAX_AGE));
        self.session(token.expose(), &view).cookie(guard)
    }

    pub(super) fn told(&self, inbound: &Inbound, bearer: &Bearer, result: Result<SessionView, Failure>) -> Response {
        match result {
            Ok(view) => self.session(bearer.expose(), &view),
            Err(failure) => self.failed(inbound, failure, self.wording.unknown_session, bearer, None, ""),
        }
    }

    pub(super) fn signed_out(
        &self,
        inbound: &Inbound,
        bearer: &Bearer,
        result: Result<sign_out::Outcome, sign_out::Error>,
    ) -> Response {
        match result {
            Ok(sign_out::Outcome { view, replacement: Some(token) }) => self.session(token.expose(), &view),
            Ok(sign_out::Outcome { view, replacement: None }) => self.session(bearer.expose(), &view),
            Err(error) => self.told(inbound, bearer, Err(error.into())),
        }
    }

    pub(super) fn authenticated(
        &self,
        inbound: &Inbound,
        request: Authentication,
        result: Result<authenticate_session::Outcome, Failure>,
    ) -> Response {
        let Authentication { bearer, success, error, login, .. } = request;
        match (result, success) {
            (Ok(outcome), None) => {
                let token = outcome.rotated.as_ref().map_or(bearer.expose(), |rotated| rotated.expose());
                self.session(token, &outcome.view)
            }
            (Ok(outcome), Some(success)) => {
                let age = outcome.view.session.expires.since(outcome.view.session.last_seen);
                let cookie = outcome.rotated.and_then(|token| self.session_cookie.set(token.expose(), age));
                redirect(&success).cookie(cookie)
            }
            (Err(failure), _) => {
                self.failed(inbound, failure, self.wording.unauthenticable_session, &bearer, error, &login)
            }
        }
    }

    pub(super) fn session(&self, token: &str, view: &SessionView) -> Response {
        reply::json(StatusCode::OK, reply::JSON, &SessionObject::new(self, token, view))
    }

    fn failed(
        &self,
        inbound: &Inbound,
        failure: Failure,
        unknown: StatusCode,
        bearer: &Bearer,
        error: Option<Target>,
        login: &str,
    ) -> Response {
        match failure {
            Failure::UnknownSession => session_not_found(unknown, Some(bearer)),
            Failure::Refused(reason) => {
                let answer = match error {
                    Some(target) => redirect(&target.failed(reason.name(), login)).refused(),
                    None => reason.into(),
                };
                match reason {
                    Reason::LoginBlocked { retry_after } => answer.retry_after(retry_after),
                    Reason::UsernameOrPasswordEmpty
                    | Reason::LoginFailed
                    | Reason::OtherBrowser
                    | Reason::LoginDisabled => answer,
                }
            }
            Failure::Overloaded { retry_after } => self.refuse(Refusal::Unavailable { retry_after }),
            Failure::Store(cause) => self.store_failed(inbound, &cause),
        }
    }
}

fn redirect(target: &Target) -> Response {
    // What a URL parser has written is ASCII without control characters.
    match HeaderValue::from_str(target.location()) {
        Ok(location) => {
            let mut response = reply::empty(StatusCode::FOUND);
            response.headers_mut().insert(LOCATION, location);
            response
        }
        Err(_) => Rejection::RedirectNotAllowed.into(),
    }
}
