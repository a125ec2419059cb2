//! What the routes are to their callers.

use http::StatusCode;
use utoipa::openapi::{
    path::ParameterIn,
    schema::{AllOfBuilder, AnyOfBuilder},
};

use super::{
    Easydb,
    response::{ErrorObject, More, Owner, SessionObject},
};
use crate::{
    media_type::JSON,
    openapi::{ALWAYS, Description, reference, text},
};

const TOKEN: (&str, &str) = ("token", "The session's token.");

pub(super) fn session(easydb: &Easydb) -> Description {
    described(easydb, "Begins an anonymous session; tells of the session whose token is given, or signs it out.")
        .takes(ParameterIn::Query, TOKEN.0, TOKEN.1)
        .takes(ParameterIn::Query, "signout", "`1` makes the session anonymous again.")
        .takes(ParameterIn::Query, "setup_secret", "Entitles to set up a system that has no users.")
        .takes(ParameterIn::Header, "X-Setup-Secret", "The same.")
        .answers::<ErrorObject>(easydb.wording.unknown_session, JSON, "There is no such session.")
}

pub(super) fn authenticate(easydb: &Easydb) -> Description {
    let parameters = [
        TOKEN,
        ("login", "A login name or e-mail address."),
        ("password", "The user's password."),
        ("method", "`easydb`, `email` or `anonymous`, several of them with commas between."),
        ("success", "Where to redirect to once the session is authenticated."),
        ("error", "Where to redirect to otherwise, with `#m:REASON#l:LOGIN` appended."),
    ];
    described(easydb, "Authenticates a session.")
        .takes_anywhere("Authentication", parameters.map(|(name, about)| (name, text(about))))
        .answers_bare(StatusCode::FOUND, "To one of the URLs that were given.")
        .with_header(StatusCode::FOUND, "Location", "The URL.")
        .answers::<ErrorObject>(StatusCode::BAD_REQUEST, JSON, "The login failed, and no URL was given for that.")
        .answers::<ErrorObject>(easydb.wording.unauthenticable_session, JSON, "There is no such session.")
}

pub(super) fn deauthenticate(easydb: &Easydb) -> Description {
    described(easydb, "Signs a session out: it is anonymous again.")
        .takes_anywhere("Deauthentication", [(TOKEN.0, text(TOKEN.1))])
        .answers::<ErrorObject>(easydb.wording.unknown_session, JSON, "There is no such session.")
}

fn described(easydb: &Easydb, summary: &str) -> Description {
    let described = Description::new(summary)
        .takes(ParameterIn::Header, "X-Easydb-Token", TOKEN.1)
        .shown_by_bearer("session", TOKEN.1)
        .or_by_nothing()
        .answers::<ErrorObject>(StatusCode::BAD_REQUEST, JSON, "The request is malformed.")
        .answers::<ErrorObject>(StatusCode::UNSUPPORTED_MEDIA_TYPE, JSON, "The body is of another type.")
        .answers_each::<ErrorObject>(JSON, &ALWAYS);
    if !easydb.wording.tells_more {
        return described.answers::<SessionObject>(StatusCode::OK, JSON, "The session.");
    }
    let always = || AllOfBuilder::new().item(reference::<SessionObject>()).item(reference::<More>());
    let authenticated = always().item(reference::<Owner>());
    described.with_schema::<SessionObject>().with_schema::<More>().with_schema::<Owner>().answers_as(
        StatusCode::OK,
        JSON,
        "The session.",
        AnyOfBuilder::new().item(authenticated).item(always()),
    )
}
