//! Users as they are shown.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_domain::user::{Birthdate, User};

use crate::admin::v1::text::time;

/// A user.
#[derive(Clone, Serialize, ToSchema)]
pub(in crate::admin::v1) struct UserDocument {
    #[schema(format = Uuid)]
    id: String,
    login: String,
    email: String,
    roles: Vec<String>,
    /// Whether logging in is refused.
    disabled: bool,
    /// `M` or `F`.
    sex: &'static str,
    name: Option<String>,
    surname: Option<String>,
    nickname: Option<String>,
    /// `DDMMYYYY`.
    birthdate: Option<String>,
    default_city: String,
    time_zone: String,
    #[schema(format = DateTime)]
    created: String,
    #[schema(format = DateTime)]
    last_successful_login: Option<String>,
    #[schema(format = DateTime)]
    last_failed_login: Option<String>,
}

impl UserDocument {
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// What its tag is of: without when they logged in, which anybody can change by trying to.
    pub(super) fn lasting(&self) -> Self {
        Self { last_successful_login: None, last_failed_login: None, ..self.clone() }
    }
}

impl From<&User> for UserDocument {
    fn from(user: &User) -> Self {
        let profile = &user.profile;
        Self {
            id: user.id.to_string(),
            login: user.login.to_string(),
            email: user.email.as_str().to_owned(),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            disabled: user.disabled,
            sex: profile.sex.as_str(),
            name: profile.name.as_ref().map(ToString::to_string),
            surname: profile.surname.as_ref().map(ToString::to_string),
            nickname: profile.nickname.as_ref().map(ToString::to_string),
            birthdate: profile.birthdate.map(Birthdate::to_digits),
            default_city: profile.default_city.as_str().to_owned(),
            time_zone: user.time_zone.as_str().to_owned(),
            created: time(user.created),
            last_successful_login: user.last_successful_login.map(time),
            last_failed_login: user.last_failed_login.map(time),
        }
    }
}
