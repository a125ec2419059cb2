//! What is answered: nothing when all went well, else a problem with a code for programs.

use axum::response::Response;
use http::StatusCode;
use vestibule_application::{
    policies::password::TooSimple,
    use_cases::{change_password, reset_password},
};
use vestibule_domain::secret::PasswordError;

use super::{Account, request::Rejection};
use crate::{
    dialect::{Dialect, Refusal},
    inbound::Inbound,
    reply::{self, ReplyExt, problem},
};

impl Account {
    pub(super) fn changed(
        &self,
        inbound: &Inbound,
        result: Result<change_password::Outcome, change_password::Error>,
    ) -> Response {
        use change_password::Error;
        match result {
            Ok(()) => reply::empty(StatusCode::NO_CONTENT),
            // One answer for all: who has an account, and whether a guess was right, is nobody's business.
            Err(Error::UnknownLogin | Error::WrongPassword | Error::Disabled) => wrong_credentials(),
            Err(Error::TooSimple(why)) => too_simple(why),
            Err(Error::Throttled { retry_after }) => too_many_attempts().retry_after(retry_after),
            Err(Error::Overloaded { retry_after }) => self.refuse(Refusal::Unavailable { retry_after }),
            Err(Error::Store(cause)) => self.store_failed(inbound, &cause),
        }
    }

    pub(super) fn reset(
        &self,
        inbound: &Inbound,
        result: Result<reset_password::Outcome, reset_password::Error>,
    ) -> Response {
        use reset_password::Error;
        match result {
            Ok(()) => reply::empty(StatusCode::NO_CONTENT),
            Err(Error::UnknownToken) => {
                problem(StatusCode::FORBIDDEN, "unknown_token", "the token is unknown, spent or expired")
            }
            Err(Error::TooSimple(why)) => too_simple(why),
            Err(Error::Throttled { retry_after }) => too_many_attempts().retry_after(retry_after),
            Err(Error::Overloaded { retry_after }) => self.refuse(Refusal::Unavailable { retry_after }),
            Err(Error::Store(cause)) => self.store_failed(inbound, &cause),
        }
    }
}

impl From<Rejection> for Response {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::CrossSite => {
                problem(StatusCode::FORBIDDEN, "cross_site", "pages from elsewhere have no say in passwords here")
            }
            Rejection::InsecureTransport => problem(
                StatusCode::FORBIDDEN,
                "insecure_transport",
                "passwords are taken over TLS only; behind a proxy that speaks it, see server.trusted_proxies",
            ),
            Rejection::UnsupportedMediaType => problem(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "unsupported_media_type",
                "the body must be JSON, and Content-Type must say so",
            ),
            Rejection::Malformed(fields) => problem(
                StatusCode::BAD_REQUEST,
                "malformed_request",
                &format!("the body must be a JSON object of the texts {fields}, each once, and nothing else"),
            ),
            Rejection::WrongCredentials => wrong_credentials(),
            Rejection::NewPassword(why) => {
                let code = match why {
                    PasswordError::Empty => "password_too_short",
                    PasswordError::TooLong => "password_too_long",
                };
                problem(StatusCode::UNPROCESSABLE_ENTITY, code, &why.to_string())
            }
        }
    }
}

/// Not 401: nothing here is authenticated by a header that could be asked for.
fn wrong_credentials() -> Response {
    problem(StatusCode::FORBIDDEN, "wrong_credentials", "no user has this login and password")
}

fn too_many_attempts() -> Response {
    problem(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", "too many failed attempts; try again later")
}

fn too_simple(why: TooSimple) -> Response {
    let code = match why {
        TooSimple::Short(_) => "password_too_short",
        TooSimple::Guessable => "password_too_guessable",
    };
    problem(StatusCode::UNPROCESSABLE_ENTITY, code, &why.to_string())
}
