//! Roles and their rights.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_application::operator::Error;
use vestibule_domain::rights::{Right, Role, RoleName, SYSTEM_RIGHTS};

use super::{
    By, Problem, V1,
    access::{RolesRead, RolesWrite},
    input::{Json, Path, Query},
    listing::{self, Listing, PageParams},
    tag::{demand_seen, single},
    text::{named, value},
};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, put)).routes(routes!(rights))
}

/// A role.
#[derive(Serialize, ToSchema)]
struct RoleDocument {
    name: String,
    rights: Vec<String>,
}

impl From<&Role> for RoleDocument {
    fn from(role: &Role) -> Self {
        Self { name: role.name.to_string(), rights: role.rights.iter().map(ToString::to_string).collect() }
    }
}

/// Lists roles, in the order of their names.
#[utoipa::path(get, path = "/roles", tag = "roles", params(PageParams), responses((status = 200, body = Listing<RoleDocument>)))]
async fn list(by: By<RolesRead>, Query(params): Query<PageParams>) -> Result<Response, Problem> {
    let roles = by.told(by.api().roles().await)?;
    listing::by_name::<_, RoleDocument>(&params, roles, |role| role.name.as_str())
}

/// Shows a role.
#[utoipa::path(
    get, path = "/roles/{role}", tag = "roles", params(("role" = String, Path, description = "Its name")),
    responses((status = 200, body = RoleDocument))
)]
async fn get(by: By<RolesRead>, Path(role): Path<String>) -> Result<Response, Problem> {
    let name = named("role", &role, RoleName::parse)?;
    Ok(single(StatusCode::OK, &RoleDocument::from(&by.told(by.api().role(name).await)?)))
}

/// All the rights of a role.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RightsDocument {
    rights: Vec<String>,
}

/// Sets all the rights of a role, creating it if need be.
#[utoipa::path(
    put, path = "/roles/{role}", tag = "roles", request_body = RightsDocument,
    params(
        ("role" = String, Path, description = "Its name"),
        ("If-Match" = Option<String>, Header, description = "Its ETag; demanded if it is there already")
    ),
    responses((status = 200, body = RoleDocument), (status = 201, body = RoleDocument))
)]
async fn put(
    by: By<RolesWrite>,
    Path(role): Path<String>,
    headers: HeaderMap,
    Json { value: new, .. }: Json<RightsDocument>,
) -> Result<Response, Problem> {
    let name = value("role", &role, RoleName::parse)?;
    let rights = new.rights.iter().map(|right| value("rights", right, Right::parse)).collect::<Result<_, _>>()?;
    let before = match by.api().role(name.clone()).await {
        Err(Error::UnknownRole(_)) => None,
        found => Some(by.told(found)?),
    };
    demand_seen(&headers, before.as_ref().map(RoleDocument::from).as_ref())?;
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let role = Role { name, rights };
    let shown = RoleDocument::from(&role);
    by.told(by.api().replace_role(role, before.map(|before| before.rights)).await)?;
    Ok(single(status, &shown))
}

/// A right.
#[derive(Serialize, ToSchema)]
struct RightDocument {
    name: &'static str,
}

impl From<&&'static str> for RightDocument {
    fn from(name: &&'static str) -> Self {
        Self { name }
    }
}

/// Lists the rights that the service itself knows. Roles may carry any others.
#[utoipa::path(get, path = "/rights", tag = "roles", params(PageParams), responses((status = 200, body = Listing<RightDocument>)))]
async fn rights(_: By<RolesRead>, Query(params): Query<PageParams>) -> Result<Response, Problem> {
    listing::by_name::<_, RightDocument>(&params, SYSTEM_RIGHTS.to_vec(), |name| name)
}
