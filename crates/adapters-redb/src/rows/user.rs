//! Users.

use std::collections::BTreeMap;

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_application::ports::StoredUser;
use vestibule_domain::{
    rights::RoleName,
    secret::PasswordHash,
    time::Timestamp,
    user::{Birthdate, City, EmailAddress, LoginName, PersonName, Profile, Sex, TimeZoneName, User, UserId},
};

use super::{
    Kept,
    parts::{millis, networks, optional, role_names, time, times, words},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    id: String,
    login: String,
    email: String,
    password: Option<String>,
    revision: u32,
    roles: Vec<String>,
    disabled: bool,
    sex: String,
    name: Option<String>,
    surname: Option<String>,
    nickname: Option<String>,
    birthdate: Option<String>,
    default_city: String,
    time_zone: String,
    created: i64,
    last_successful_login: Option<i64>,
    last_failed_login: Option<i64>,
    #[serde(default)]
    networks: BTreeMap<String, i64>,
}

impl Kept for StoredUser {
    type Key = u128;
    type Row = Row;
    const TABLE: TableDefinition<'static, u128, &'static [u8]> = TableDefinition::new("users");
    const KIND: &'static str = "user";

    fn key(&self) -> u128 {
        self.user.id.as_uuid().as_u128()
    }

    fn row(&self) -> Row {
        let User { profile, .. } = &self.user;
        let text = |name: &Option<PersonName>| name.as_ref().map(|name| name.as_str().to_owned());
        Row {
            id: self.user.id.to_string(),
            login: self.user.login.as_str().to_owned(),
            email: self.user.email.as_str().to_owned(),
            password: self.password.as_ref().map(|hash| hash.expose().to_owned()),
            revision: self.revision,
            roles: role_names(&self.user.roles),
            disabled: self.user.disabled,
            sex: profile.sex.as_str().to_owned(),
            name: text(&profile.name),
            surname: text(&profile.surname),
            nickname: text(&profile.nickname),
            birthdate: profile.birthdate.map(Birthdate::to_digits),
            default_city: profile.default_city.as_str().to_owned(),
            time_zone: self.user.time_zone.as_str().to_owned(),
            created: self.user.created.as_millis(),
            last_successful_login: millis(self.user.last_successful_login),
            last_failed_login: millis(self.user.last_failed_login),
            networks: times(&self.networks),
        }
    }

    fn read(row: Row) -> Option<Self> {
        let name = |text: String| PersonName::parse(&text).ok();
        let user = User {
            id: UserId::parse(&row.id)?,
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
        Some(Self {
            user,
            password: row.password.map(PasswordHash::new),
            revision: row.revision,
            networks: networks(&row.networks)?,
        })
    }
}
