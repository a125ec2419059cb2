//! API clients. Operators are none, and cannot be made here.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_domain::client::{Client, ClientName};

use super::{
    By, Problem, V1,
    access::{ClientsRead, ClientsWrite},
    idempotency::{Attempt, Created, KeyParam},
    input::{Json, Path, Query, maybe_whole},
    listing::{self, Listing, PageParams},
    tag::single,
    text::{location, named, time, value},
};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(get, revoke))
}

/// A program that calls with an API token.
#[derive(Serialize, ToSchema)]
struct ClientDocument {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created: String,
    #[schema(format = DateTime)]
    expires: Option<String>,
    #[schema(format = DateTime)]
    revoked: Option<String>,
}

impl From<&Client> for ClientDocument {
    fn from(client: &Client) -> Self {
        Self {
            id: client.id.to_string(),
            name: client.name.to_string(),
            created: time(client.created),
            expires: client.expires.map(time),
            revoked: client.revoked.map(time),
        }
    }
}

/// A client with its token, which is told this once.
#[derive(Serialize, ToSchema)]
struct ClientWithTokenDocument {
    #[serde(flatten)]
    client: ClientDocument,
    token: String,
}

/// Lists API clients, revoked ones included, in the order of their names.
#[utoipa::path(get, path = "/clients", tag = "clients", params(PageParams), responses((status = 200, body = Listing<ClientDocument>)))]
async fn list(by: By<ClientsRead>, Query(params): Query<PageParams>) -> Result<Response, Problem> {
    let clients = by.told(by.api().clients().await)?;
    listing::by_name::<_, ClientDocument>(&params, clients, |client| client.name.as_str())
}

/// A client to be added.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewClient {
    /// No client or operator may have or have had it.
    #[schema(pattern = "^[A-Za-z0-9._:/-]{1,100}$")]
    name: String,
    /// After how many seconds the token is refused; never when left out.
    #[serde(default, deserialize_with = "maybe_whole")]
    #[schema(minimum = 1)]
    expires_in_seconds: Option<u32>,
}

/// Adds an API client, and makes its token.
#[utoipa::path(
    post, path = "/clients", tag = "clients", request_body = NewClient,
    params(KeyParam),
    responses((status = 201, body = ClientWithTokenDocument))
)]
async fn add(
    by: By<ClientsWrite>,
    State(v1): State<Arc<V1>>,
    headers: HeaderMap,
    Json { value: new, bytes }: Json<NewClient>,
) -> Result<Response, Problem> {
    let attempt = Attempt { operator: by.name(), kind: "client", headers: &headers, body: &bytes, now: v1.clock.now() };
    let create = async {
        if new.expires_in_seconds == Some(0) {
            return Err(Problem::malformed("expires_in_seconds: at least 1"));
        }
        let lifetime = new.expires_in_seconds.map(|seconds| Duration::from_secs(seconds.into()));
        let added = by.told(by.api().add_client(value("name", &new.name, ClientName::parse)?, lifetime).await)?;
        let token = added.token.expose().to_owned();
        let shown = ClientWithTokenDocument { client: ClientDocument::from(&added.client), token };
        let location = location("clients", added.client.name.as_str());
        Ok(Created::new(&shown).found_at(&location, &shown.client))
    };
    v1.answers.once(attempt, create).await
}

/// Shows an API client.
#[utoipa::path(
    get, path = "/clients/{client}", tag = "clients", params(("client" = String, Path, description = "Its name")),
    responses((status = 200, body = ClientDocument))
)]
async fn get(by: By<ClientsRead>, Path(client): Path<String>) -> Result<Response, Problem> {
    let name = named("client", &client, ClientName::parse)?;
    Ok(single(StatusCode::OK, &ClientDocument::from(&by.told(by.api().client(name).await)?)))
}

/// Revokes an API client: its token is refused for ever, and its name stays taken.
#[utoipa::path(
    delete, path = "/clients/{client}", tag = "clients", params(("client" = String, Path, description = "Its name")),
    responses((status = 200, body = ClientDocument))
)]
async fn revoke(by: By<ClientsWrite>, Path(client): Path<String>) -> Result<Response, Problem> {
    let name = named("client", &client, ClientName::parse)?;
    Ok(single(StatusCode::OK, &ClientDocument::from(&by.told(by.api().revoke_client(name).await)?)))
}
