//! Users.

mod shown;

use std::sync::Arc;

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_application::operator::{
    pages::WhichUsers,
    users::{NewUser, UserUpdate},
};
use vestibule_domain::{
    rights::RoleName,
    secret::Password,
    user::{Birthdate, City, EmailAddress, LoginName, PersonName, Profile, Sex, TimeZoneName, User, UserId},
};

pub(super) use self::shown::UserDocument;
use super::{
    By, Problem, V1,
    access::{UsersRead, UsersWrite},
    idempotency::{Attempt, Created, KeyParam},
    input::{Given, Json, Path, Query},
    listing::{self, Listing},
    tag::{demand_seen, single_as},
    text::{id, location, named, value},
};
use crate::reply;

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(get, change, remove))
        .routes(routes!(set_password))
        .routes(routes!(grant, withdraw))
}

/// Which users.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only the one with this login name.
    #[param(nullable = false)]
    login: Option<String>,
    /// Only the one with this e-mail address.
    #[param(nullable = false)]
    email: Option<String>,
    /// The most items of the page.
    #[param(minimum = 1, maximum = 200, default = 50, nullable = false)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Lists users, in the order of their ids.
#[utoipa::path(get, path = "/users", tag = "users", params(Which), responses((status = 200, body = Listing<UserDocument>)))]
async fn list(by: By<UsersRead>, Query(query): Query<Which>) -> Result<Response, Problem> {
    let which = match (query.login.as_deref(), query.email.as_deref()) {
        (None, None) => WhichUsers::All,
        (Some(login), None) => WhichUsers::Login(value("login", login, LoginName::parse)?),
        (None, Some(email)) => WhichUsers::Email(value("email", email, EmailAddress::parse)?),
        (Some(_), Some(_)) => return Err(Problem::invalid("login", &"look for a login name or an e-mail address")),
    };
    let after = listing::after(query.cursor.as_deref(), UserId::parse)?;
    let page = by.told(by.api().users_page(which, after, listing::limit(query.limit)?).await)?;
    Ok(listing::page(page.items.iter().map(UserDocument::from).collect(), page.next))
}

/// A user to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUserDocument {
    /// The name to log in with.
    #[schema(min_length = 1, max_length = 254)]
    login: String,
    /// The address to log in with.
    #[schema(format = Email)]
    email: String,
    /// The password.
    #[schema(min_length = 1, max_length = 1024)]
    password: String,
    /// The roles. Those that do not exist are created without rights.
    #[serde(default)]
    roles: Vec<String>,
    /// The zone in which clients show times to the user, by its IANA name.
    time_zone: Option<String>,
}

/// Adds a user. The first one configures the system.
#[utoipa::path(
    post, path = "/users", tag = "users", request_body = NewUserDocument,
    params(KeyParam),
    responses((status = 201, body = UserDocument))
)]
async fn add(
    by: By<UsersWrite>,
    State(v1): State<Arc<V1>>,
    headers: HeaderMap,
    Json { value: new, bytes }: Json<NewUserDocument>,
) -> Result<Response, Problem> {
    let attempt = Attempt { operator: by.name(), kind: "user", headers: &headers, body: &bytes, now: v1.clock.now() };
    let create = async {
        let roles = new.roles.iter().map(|role| value("roles", role, RoleName::parse)).collect::<Result<_, _>>()?;
        let zone = new.time_zone.as_deref().map(|zone| value("time_zone", zone, TimeZoneName::parse)).transpose()?;
        let new = NewUser {
            login: value("login", &new.login, LoginName::parse)?,
            email: value("email", &new.email, EmailAddress::parse)?,
            password: password(new.password)?,
            roles,
            time_zone: zone.unwrap_or_default(),
        };
        let user = UserDocument::from(&by.told(by.api().add_user(new).await)?.user);
        Ok(Created::new(&user).found_at(&location("users", user.id()), &user.lasting()))
    };
    v1.answers.once(attempt, create).await
}

fn single_user(user: &User) -> Response {
    let shown = UserDocument::from(user);
    single_as(StatusCode::OK, &shown, &shown.lasting())
}

fn password(typed: String) -> Result<Password, Problem> {
    Password::parse(typed).map_err(|error| Problem::invalid("password", &error))
}

/// Shows a user.
#[utoipa::path(
    get, path = "/users/{user}", tag = "users", params(("user" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 200, body = UserDocument))
)]
async fn get(by: By<UsersRead>, Path(user): Path<String>) -> Result<Response, Problem> {
    let id = id("user", &user, UserId::parse)?;
    Ok(single_user(&by.told(by.api().user(id).await)?))
}

/// What is to be changed of a user: what is left out stays, and what may be missing is cleared by null.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct UserChange {
    /// Whether logging in is refused. Disabling ends the user's sessions.
    disabled: Option<bool>,
    /// `M` or `F`.
    sex: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    name: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    surname: Given<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    nickname: Given<String>,
    /// `DDMMYYYY`.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    birthdate: Given<String>,
    default_city: Option<String>,
    /// The zone in which clients show times to the user, by its IANA name.
    time_zone: Option<String>,
}

/// Changes a user's profile, or whether they may log in.
#[utoipa::path(
    patch, path = "/users/{user}", tag = "users", request_body = UserChange,
    params(("user" = uuid::Uuid, Path, description = "Its id"), ("If-Match" = Option<String>, Header, description = "Its ETag; demanded")),
    responses((status = 200, body = UserDocument))
)]
async fn change(
    by: By<UsersWrite>,
    State(v1): State<Arc<V1>>,
    Path(user): Path<String>,
    headers: HeaderMap,
    Json { value: change, .. }: Json<UserChange>,
) -> Result<Response, Problem> {
    let id = id("user", &user, UserId::parse)?;
    let read = by.told(by.api().user(id).await)?;
    demand_seen(&headers, Some(&UserDocument::from(&read).lasting()))?;
    let before = read.profile.clone();
    let person = |what: &'static str| move |name: String| value(what, &name, PersonName::parse);
    let birthdate = |digits: String| Birthdate::parse(&digits).map_err(|error| Problem::invalid("birthdate", &error));
    let sex = change.sex.map(|sex| Sex::parse(&sex).map_err(|error| Problem::invalid("sex", &error)));
    let city = change.default_city.map(|city| value("default_city", &city, City::parse));
    let profile = Profile {
        sex: sex.transpose()?.unwrap_or(before.sex),
        name: change.name.over(before.name, person("name"))?,
        surname: change.surname.over(before.surname, person("surname"))?,
        nickname: change.nickname.over(before.nickname, person("nickname"))?,
        birthdate: change.birthdate.over(before.birthdate, birthdate)?,
        default_city: city.transpose()?.unwrap_or(before.default_city),
    };
    if profile.birthdate.is_some_and(|birthdate| birthdate.is_after(v1.clock.now())) {
        return Err(Problem::invalid("birthdate", &"must not be in the future"));
    }
    let zone = change.time_zone.map(|zone| value("time_zone", &zone, TimeZoneName::parse)).transpose()?;
    let update = UserUpdate {
        profile,
        time_zone: zone.unwrap_or_else(|| read.time_zone.clone()),
        disabled: change.disabled.unwrap_or(read.disabled),
        read,
    };
    Ok(single_user(&by.told(by.api().update_user(update).await)?))
}

/// Removes a user, and ends their sessions.
#[utoipa::path(
    delete, path = "/users/{user}", tag = "users", params(("user" = uuid::Uuid, Path, description = "Its id")),
    responses((status = 204))
)]
async fn remove(by: By<UsersWrite>, Path(user): Path<String>) -> Result<Response, Problem> {
    let id = id("user", &user, UserId::parse)?;
    by.told(by.api().remove_user(id).await)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// A new password.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PasswordDocument {
    #[schema(min_length = 1, max_length = 1024)]
    password: String,
}

/// Sets a user's password, and ends their sessions.
#[utoipa::path(
    put, path = "/users/{user}/password", tag = "users", request_body = PasswordDocument,
    params(("user" = uuid::Uuid, Path, description = "Whose, by id")), responses((status = 204))
)]
async fn set_password(
    by: By<UsersWrite>,
    Path(user): Path<String>,
    Json { value: new, .. }: Json<PasswordDocument>,
) -> Result<Response, Problem> {
    let id = id("user", &user, UserId::parse)?;
    by.told(by.api().set_password(id, &password(new.password)?).await)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// Gives a user a role. One that does not exist is created without rights.
#[utoipa::path(
    put, path = "/users/{user}/roles/{role}", tag = "users",
    params(("user" = uuid::Uuid, Path, description = "Whose, by id"), ("role" = String, Path, description = "Its name")),
    responses((status = 200, body = UserDocument))
)]
async fn grant(by: By<UsersWrite>, Path((user, role)): Path<(String, String)>) -> Result<Response, Problem> {
    let id = id("user", &user, UserId::parse)?;
    let role = value("role", &role, RoleName::parse)?;
    let (user, _) = by.told(by.api().grant_role(id, role).await)?;
    Ok(single_user(&user))
}

/// Takes a role from a user.
#[utoipa::path(
    delete, path = "/users/{user}/roles/{role}", tag = "users",
    params(("user" = uuid::Uuid, Path, description = "Whose, by id"), ("role" = String, Path, description = "Its name")),
    responses((status = 200, body = UserDocument))
)]
async fn withdraw(by: By<UsersWrite>, Path((user, role)): Path<(String, String)>) -> Result<Response, Problem> {
    let id = id("user", &user, UserId::parse)?;
    let role = named("role", &role, RoleName::parse)?;
    let (user, _) = by.told(by.api().withdraw_role(id, &role).await)?;
    Ok(single_user(&user))
}
