//! What the routes are to their callers.

use http::StatusCode;
use utoipa::openapi::schema::ObjectBuilder;
use vestibule_domain::user::PersonName;

use super::{Dood, request::MAX_SYSTEM, response::Envelope};
use crate::{
    dialect::Edition,
    media_type::JSON,
    openapi::{ALWAYS, Description, text},
};

type Parameter = (&'static str, ObjectBuilder);

fn key() -> Parameter {
    ("session_key", text("The session's token; `Authorization: Bearer` has it too."))
}

fn system() -> Parameter {
    let word = text("`android`, `ios`, `symbian` or another word.");
    ("system", word.pattern(Some(r"^[^\s\u0000-\u001f\u007f-\u009f]*$")).max_length(Some(MAX_SYSTEM)))
}

fn email() -> Parameter {
    ("email", text("The user's e-mail address."))
}

fn password() -> Parameter {
    ("password", text("Their password; a new one has at least 6 characters.").min_length(Some(1)))
}

fn name(field: &'static str, about: &str) -> Parameter {
    // Nothing, or one character at least that is not white.
    const PRINTABLE: &str =
        r"^([^\u0000-\u001f\u007f-\u009f]*[^\s\u0000-\u001f\u007f-\u009f][^\u0000-\u001f\u007f-\u009f]*)?$";
    (field, text(about).pattern(Some(PRINTABLE)).max_length(Some(PersonName::MAX)))
}

pub(super) fn start(_: &Dood) -> Description {
    described("Begins an anonymous session.", "StartParameters", [system()], "The session.")
}

pub(super) fn log_in(_: &Dood) -> Description {
    let parameters = [key(), system(), email(), password()];
    described("Begins the session of a user.", "LoginParameters", parameters, "The session.")
        .detail("An anonymous session whose key is given becomes the user's.")
        .answers::<Envelope>(
            StatusCode::UNAUTHORIZED,
            JSON,
            "Code 32: nobody has this address. 33: wrong password. 17: no session has this key. Without a body where \
             too many were told which.",
        )
}

pub(super) fn log_out(_: &Dood) -> Description {
    described("Ends a session.", "LogoutParameters", [key()], "It was ended.").answers::<Envelope>(
        StatusCode::UNAUTHORIZED,
        JSON,
        "Code 17: no session has this key.",
    )
}

pub(super) fn register(dood: &Dood) -> Description {
    let failed = match dood.context.edition {
        Edition::Documented => StatusCode::OK,
        Edition::Deployed => StatusCode::UNAUTHORIZED,
    };
    let parameters = [
        key(),
        system(),
        email(),
        password(),
        ("sex", text("`M` if nothing is said.").enum_values(Some(["M", "F"]))),
        name("name", "The given name."),
        name("surname", "The family name."),
        name("nickname", "What friends say."),
        ("birthdate", text("A day in the past, `DDMMYYYY`.").pattern(Some(DDMMYYYY))),
        name("default_city", "Kept in upper case; `WARSZAWA` if nothing else is given."),
    ];
    described("Creates a user, with a session.", "RegisterParameters", parameters, "The session.")
        .answers::<Envelope>(
            failed,
            JSON,
            "Code 34: the address is taken. 35: it is none. 36: the password is too simple.",
        )
        .answers::<Envelope>(StatusCode::UNAUTHORIZED, JSON, "Code 17: no session has the key that is given.")
}

const DDMMYYYY: &str = "^(0[1-9]|[12][0-9]|3[01])(0[1-9]|1[0-2])(1[89]|2[0-9])[0-9]{2}$";

fn described<const N: usize>(summary: &str, name: &str, parameters: [Parameter; N], done: &str) -> Description {
    Description::new(summary)
        .takes_anywhere(name, parameters)
        .shown_by_bearer("session", "The session's token.")
        .or_by_nothing()
        .answers::<Envelope>(StatusCode::OK, JSON, &format!("Code 0: {done}"))
        .answers_each::<Envelope>(
            JSON,
            &[
                (StatusCode::BAD_REQUEST, "Code 48: the request cannot be read, or a parameter is malformed."),
                (StatusCode::FORBIDDEN, "Code 18: passwords over plain HTTP, a prefetch, or registration is closed."),
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "Code 48: the body is of another type."),
                (StatusCode::TOO_MANY_REQUESTS, "Code 22. `Retry-After` says when to try again."),
            ],
        )
        .answers_each::<Envelope>(JSON, &ALWAYS)
}
