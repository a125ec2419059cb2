//! What the routes are to their callers.

use http::StatusCode;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{AllOfBuilder, AnyOfBuilder, ObjectBuilder},
    },
};

use super::{
    Vprotect,
    request::{LoginRequest, LoginWithTokenRequest, NodeLoginRequest},
    response::{AppUserDetails, ErrorBody, SessionInfo},
};
use crate::{
    media_type::JSON,
    openapi::{ALWAYS, Description, text},
};

pub(super) fn check_status(_: &Vprotect) -> Description {
    described("Tells whether the service can do its work.").answers_bare(StatusCode::NO_CONTENT, "It can.")
}

pub(super) fn log_in(vprotect: &Vprotect) -> Description {
    login::<LoginRequest>(vprotect, "Begins the session of a user.")
}

pub(super) fn log_in_with_token(vprotect: &Vprotect) -> Description {
    login::<LoginWithTokenRequest>(vprotect, "Begins the session of the user whose login token it is.")
}

pub(super) fn log_in_node(vprotect: &Vprotect) -> Description {
    login::<NodeLoginRequest>(vprotect, "Begins the session of a node.")
        .detail("The node is named by its `guid`, or by its `name`.")
}

pub(super) fn log_out(vprotect: &Vprotect) -> Description {
    let ended = vprotect.statuses.logged_out;
    of_session(vprotect, "Ends the session.")
        .answers_bare(ended, "It was ended.")
        .with_header(ended, "Set-Cookie", CLEARED)
        .with_header(StatusCode::UNAUTHORIZED, "Set-Cookie", CLEARED)
        .answers_each::<ErrorBody>(JSON, &[FOREIGN, THROTTLED])
}

pub(super) fn describe_session(vprotect: &Vprotect) -> Description {
    of_session(vprotect, "Tells whose session it is.").answers::<SessionInfo>(StatusCode::OK, JSON, "The session.")
}

pub(super) fn describe_user(vprotect: &Vprotect) -> Description {
    of_session(vprotect, "Tells who the user is.")
        .answers::<AppUserDetails>(StatusCode::OK, JSON, "The user.")
        .answers::<ErrorBody>(StatusCode::FORBIDDEN, JSON, "The session is a node's.")
}

const CLEARED: &str = "Clears the cookie.";
const FOREIGN: (StatusCode, &str) = (StatusCode::FORBIDDEN, "A page from elsewhere asks.");
const OVERHEARD: (StatusCode, &str) = (StatusCode::FORBIDDEN, "The secret came over plain HTTP from elsewhere.");
const THROTTLED: (StatusCode, &str) =
    (StatusCode::TOO_MANY_REQUESTS, "Too many attempts. `Retry-After` says when to try again.");

fn login<T: ToSchema>(vprotect: &Vprotect, summary: &str) -> Description {
    let begun = vprotect.statuses.logged_in;
    described(summary)
        .needs_body::<T>(&[JSON])
        .answers::<SessionInfo>(begun, JSON, "The session was begun; its token is in the cookie.")
        .with_header(begun, "Set-Cookie", "The session's token.")
        .answers_each::<ErrorBody>(
            JSON,
            &[
                (StatusCode::BAD_REQUEST, "The body is no JSON object, or a field is missing."),
                (vprotect.statuses.wrong_credentials, "These credentials let nobody in."),
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body is not JSON."),
                FOREIGN,
                OVERHEARD,
                THROTTLED,
            ],
        )
}

fn of_session(vprotect: &Vprotect, summary: &str) -> Description {
    described(summary)
        .shown_by_cookie("session", &vprotect.settings.cookie_name, "The session's token.")
        .shown_by_bearer("bearer", "The session's token.")
        .answers::<ErrorBody>(StatusCode::UNAUTHORIZED, JSON, "There is no live session in the request.")
}

fn described(summary: &str) -> Description {
    Description::new(summary).answers_each::<ErrorBody>(JSON, &ALWAYS)
}

impl ToSchema for NodeLoginRequest {}

impl PartialSchema for NodeLoginRequest {
    fn schema() -> RefOr<Schema> {
        let fields = ObjectBuilder::new()
            .property("guid", text("The node's id."))
            .property("name", text("Its name."))
            .property("secret", text("Its secret."))
            .required("secret");
        let given = |field| ObjectBuilder::new().required(field);
        AllOfBuilder::new().item(fields).item(AnyOfBuilder::new().item(given("guid")).item(given("name"))).into()
    }
}
