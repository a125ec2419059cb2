//! What the routes are to their callers.

use http::StatusCode;
use utoipa::ToSchema;

use super::{
    Account,
    request::{Change, Reset},
};
use crate::{
    media_type::{JSON, PROBLEM},
    openapi::{ALWAYS, Description},
    reply::Problem,
};

pub(super) fn change_password(_: &Account) -> Description {
    described::<Change>("Changes a password that is known.")
}

pub(super) fn reset_password(_: &Account) -> Description {
    described::<Reset>("Sets a password by a token for that.")
}

fn described<T: ToSchema>(summary: &str) -> Description {
    Description::new(summary)
        .needs_body::<T>(&[JSON])
        .answers_bare(StatusCode::NO_CONTENT, "It is set, and the user's sessions are over.")
        .answers_each::<Problem>(
            PROBLEM,
            &[
                (StatusCode::BAD_REQUEST, "The body is no object of these texts."),
                (StatusCode::FORBIDDEN, "Wrong credentials or token; a page, or plain HTTP, from elsewhere."),
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body does not say that it is JSON."),
                (StatusCode::UNPROCESSABLE_ENTITY, "The new password is too simple, or none."),
                (StatusCode::TOO_MANY_REQUESTS, "Too many failed attempts. `Retry-After` says when to try again."),
            ],
        )
        .answers_each::<Problem>(PROBLEM, &ALWAYS)
}
