//! Form configurations.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, StatusCode};
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_application::operator::Error;
use vestibule_domain::form::{FormConfiguration, FormName};

use super::{
    By, Problem, V1,
    access::{FormsRead, FormsWrite},
    input::{Json, Path, Query},
    listing::{self, Listing, PageParams},
    tag::{demand_seen, single},
    text::{named, value},
};
use crate::{form_document::FormDocument, reply};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(get, put, remove))
}

/// Lists form configurations, in the order of their names.
#[utoipa::path(get, path = "/forms", tag = "forms", params(PageParams), responses((status = 200, body = Listing<FormDocument>)))]
async fn list(by: By<FormsRead>, Query(params): Query<PageParams>) -> Result<Response, Problem> {
    let forms = by.told(by.api().forms().await)?;
    listing::by_name::<_, FormDocument>(&params, forms, |form| form.name.as_str())
}

/// Shows a form configuration.
#[utoipa::path(
    get, path = "/forms/{form}", tag = "forms", params(("form" = String, Path, description = "Its name")),
    responses((status = 200, body = FormDocument))
)]
async fn get(by: By<FormsRead>, Path(form): Path<String>) -> Result<Response, Problem> {
    let name = named("form configuration", &form, FormName::parse)?;
    Ok(single(StatusCode::OK, &FormDocument::from(&by.told(by.api().form(name).await)?)))
}

/// Adds a form configuration, or replaces the one of this name.
#[utoipa::path(
    put, path = "/forms/{form}", tag = "forms", request_body = FormDocument,
    params(
        ("form" = String, Path, description = "Its name, the same as in the body"),
        ("If-Match" = Option<String>, Header, description = "Its ETag; demanded if it is there already")
    ),
    responses((status = 200, body = FormDocument), (status = 201, body = FormDocument))
)]
async fn put(
    by: By<FormsWrite>,
    Path(form): Path<String>,
    headers: HeaderMap,
    Json { value: new, .. }: Json<FormDocument>,
) -> Result<Response, Problem> {
    let name = value("form", &form, FormName::parse)?;
    let new: FormConfiguration =
        new.into_configuration().map_err(|wrong| Problem::invalid("form configuration", &wrong.join("; ")))?;
    if new.name != name {
        return Err(Problem::invalid("name", &"must be the name in the path"));
    }
    let before = match by.api().form(name).await {
        Err(Error::UnknownForm(_)) => None,
        found => Some(by.told(found)?),
    };
    demand_seen(&headers, before.as_ref().map(FormDocument::from).as_ref())?;
    let status = if before.is_some() { StatusCode::OK } else { StatusCode::CREATED };
    let shown = FormDocument::from(&new);
    by.told(by.api().replace_form(new, before).await)?;
    Ok(single(status, &shown))
}

/// Removes a form configuration.
#[utoipa::path(
    delete, path = "/forms/{form}", tag = "forms", params(("form" = String, Path, description = "Its name")),
    responses((status = 204))
)]
async fn remove(by: By<FormsWrite>, Path(form): Path<String>) -> Result<Response, Problem> {
    by.told(by.api().remove_form(named("form configuration", &form, FormName::parse)?).await)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}
