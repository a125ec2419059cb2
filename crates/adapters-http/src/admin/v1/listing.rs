//! Some of many: a page, and where the next one begins.

use axum::response::Response;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::Problem;
use crate::reply::{self, JSON};

/// Which page.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct PageParams {
    /// The most items of the page.
    #[param(minimum = 1, maximum = 200, default = 50, nullable = false)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// A page. What is added or removed meanwhile moves no other item from one page to another.
#[derive(Serialize, ToSchema)]
pub(super) struct Listing<T> {
    items: Vec<T>,
    /// Where the next page begins; nothing on the last one. A page may be short and not the last.
    next_cursor: Option<String>,
}

const DEFAULT_LIMIT: u32 = 50;
const MAX_LIMIT: u32 = 200;

/// How many items a page may have.
pub(super) fn limit(asked: Option<u32>) -> Result<u32, Problem> {
    match asked.unwrap_or(DEFAULT_LIMIT) {
        limit @ 1..=MAX_LIMIT => Ok(limit),
        _ => Err(Problem::malformed(format!("limit: from 1 to {MAX_LIMIT}"))),
    }
}

/// After which key the page begins.
pub(super) fn after<K>(cursor: Option<&str>, read: impl FnOnce(&str) -> Option<K>) -> Result<Option<K>, Problem> {
    let Some(cursor) = cursor else { return Ok(None) };
    let key = URL_SAFE_NO_PAD.decode(cursor).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    let key = key.and_then(|key| read(&key));
    key.map(Some).ok_or_else(|| Problem::invalid("cursor", &"take it from next_cursor of the page before"))
}

/// The page as it is shown.
pub(super) fn page<T: Serialize>(items: Vec<T>, next: Option<impl ToString>) -> Response {
    let next_cursor = next.map(|key| URL_SAFE_NO_PAD.encode(key.to_string()));
    reply::json(StatusCode::OK, JSON, &Listing { items, next_cursor })
}

/// A page of things that are few and have names, of which all are there in the order of their names.
pub(super) fn by_name<T, D: Serialize + for<'a> From<&'a T>>(
    params: &PageParams,
    all: Vec<T>,
    name: fn(&T) -> &str,
) -> Result<Response, Problem> {
    let limit = usize::try_from(limit(params.limit)?).unwrap_or(usize::MAX);
    let after = after(params.cursor.as_deref(), |key| Some(key.to_owned()))?;
    let rest: Vec<T> = all.into_iter().filter(|item| after.as_deref().is_none_or(|after| name(item) > after)).collect();
    let shown = &rest[..limit.min(rest.len())];
    let next = shown.last().filter(|_| rest.len() > limit).map(|last| name(last).to_owned());
    Ok(page(shown.iter().map(D::from).collect(), next))
}
