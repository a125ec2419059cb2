//! What the route is to its callers.

use std::borrow::Cow;

use http::StatusCode;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr, Schema,
        schema::{ObjectBuilder, Type},
    },
};
use vestibule_domain::session::DeviceName;

use super::{
    Dialogram,
    request::Body,
    response::{Created, Errors},
};
use crate::{
    media_type::JSON,
    openapi::{ALWAYS, Description, text},
};

pub(super) fn create(_: &Dialogram) -> Description {
    Description::new("Begins the session of a user.")
        .detail("The session of a user with the role `admin` is a back-office session.")
        .needs_body::<Body>(&[JSON])
        .answers::<Created>(StatusCode::OK, JSON, "The session, with its signed token.")
        .answers_each::<Errors>(
            JSON,
            &[
                (StatusCode::BAD_REQUEST, "The body is no JSON object, or a field has the wrong type."),
                (StatusCode::UNAUTHORIZED, "No user has this e-mail address and password."),
                (StatusCode::FORBIDDEN, "A back-office session needs the role `admin`; or plain HTTP from elsewhere."),
                (StatusCode::NOT_ACCEPTABLE, "`Accept` rules JSON out."),
                (StatusCode::UNSUPPORTED_MEDIA_TYPE, "The body says that it is not JSON."),
                (StatusCode::UNPROCESSABLE_ENTITY, "A field is missing or has an invalid form."),
                (StatusCode::TOO_MANY_REQUESTS, "Too many failed attempts. `Retry-After` says when to try again."),
            ],
        )
        .answers_each::<Errors>(JSON, &ALWAYS)
}

impl ToSchema for Body {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("Credentials")
    }
}

impl PartialSchema for Body {
    fn schema() -> RefOr<Schema> {
        let filled = |about| text(about).min_length(Some(1));
        let device = filled("Else it is read from `User-Agent`.").max_length(Some(DeviceName::MAX));
        let flag = ObjectBuilder::new().schema_type(Type::Boolean);
        ObjectBuilder::new()
            .property("email", filled("The user's e-mail address."))
            .property("password", filled("Their password."))
            .property("deviceName", device)
            .property("backoffice", flag.description(Some("Whether nothing but a back-office session will do.")))
            .required("email")
            .required("password")
            .into()
    }
}
