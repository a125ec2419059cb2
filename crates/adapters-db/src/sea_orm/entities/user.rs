//! Users.

use sea_orm::Set;
use sea_orm::entity::prelude::*;
use vestibule_application::ports::StoredUser;
use vestibule_domain::{
    rights::RoleName,
    secret::PasswordHash,
    time::Timestamp,
    user::{Birthdate, City, EmailAddress, LoginName, PersonName, Profile, Sex, TimeZoneName, User, UserId},
};

use crate::sea_orm::mapping::{
    HashColumn, Table, millis, networks, networks_column, optional, time, words, words_column,
};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "users")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    pub login: String,
    pub email: String,
    pub password: Option<HashColumn>,
    pub revision: i64,
    pub roles: String,
    pub disabled: bool,
    pub sex: String,
    pub name: Option<String>,
    pub surname: Option<String>,
    pub nickname: Option<String>,
    pub birthdate: Option<String>,
    pub default_city: String,
    pub time_zone: String,
    pub created: i64,
    pub last_successful_login: Option<i64>,
    pub last_failed_login: Option<i64>,
    pub networks: Option<String>,
}

/// The row of a user.
pub(crate) fn row(stored: &StoredUser) -> ActiveModel {
    let StoredUser { user, password, revision, networks } = stored;
    ActiveModel {
        id: Set(user.id.as_uuid()),
        login: Set(user.login.as_str().to_owned()),
        email: Set(user.email.as_str().to_owned()),
        password: Set(password.as_ref().map(HashColumn::from)),
        revision: Set((*revision).into()),
        roles: Set(words_column(user.roles.iter().map(RoleName::as_str))),
        disabled: Set(user.disabled),
        created: Set(user.created.as_millis()),
        last_successful_login: Set(millis(user.last_successful_login)),
        last_failed_login: Set(millis(user.last_failed_login)),
        networks: Set(networks_column(networks)),
        ..profile_columns(&user.profile, &user.time_zone)
    }
}

/// The columns of what a user's profile says, and no others.
pub(crate) fn profile_columns(profile: &Profile, time_zone: &TimeZoneName) -> ActiveModel {
    let text = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
    ActiveModel {
        sex: Set(profile.sex.as_str().to_owned()),
        name: Set(text(&profile.name)),
        surname: Set(text(&profile.surname)),
        nickname: Set(text(&profile.nickname)),
        birthdate: Set(profile.birthdate.map(Birthdate::to_digits)),
        default_city: Set(profile.default_city.as_str().to_owned()),
        time_zone: Set(time_zone.as_str().to_owned()),
        ..Default::default()
    }
}

impl Table for Entity {
    type Value = StoredUser;
    const KIND: &'static str = "user";

    fn value(row: Model) -> Option<StoredUser> {
        let name = |text: String| PersonName::parse(&text).ok();
        let user = User {
            id: UserId::from_uuid(row.id),
            login: LoginName::parse(&row.login).ok()?,
            email: EmailAddress::parse(&row.email).ok()?,
            roles: words(&row.roles, RoleName::parse)?,
            disabled: row.disabled,
            profile: Profile {
                sex: Sex::parse(&row.sex).ok()?,
                name: optional(row.name, name)?,
                surname: optional(row.surname, name)?,
                nickname: optional(row.nickname, name)?,
                birthdate: optional(row.birthdate, |digits| Birthdate::parse(&digits).ok())?,
                default_city: City::parse(&row.default_city).ok()?,
            },
            time_zone: TimeZoneName::parse(&row.time_zone).ok()?,
            created: Timestamp::from_millis(row.created),
            last_successful_login: time(row.last_successful_login),
            last_failed_login: time(row.last_failed_login),
        };
        Some(StoredUser {
            user,
            password: row.password.map(PasswordHash::from),
            revision: row.revision.try_into().ok()?,
            networks: networks(row.networks)?,
        })
    }
}
