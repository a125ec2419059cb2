//! Nodes.

use std::{sync::Arc, time::Duration};

use axum::{extract::State, response::Response};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_domain::node::{Node, NodeName};

use super::{
    By, Problem, V1,
    access::{NodesRead, NodesWrite},
    idempotency::{Attempt, Created, KeyParam},
    input::{Json, Path, Query, whole},
    listing::{self, Listing, PageParams},
    tag::single,
    text::{location, named, time, value},
};
use crate::reply::{self, JSON};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new().routes(routes!(list, add)).routes(routes!(get, remove)).routes(routes!(rotate))
}

/// A machine that logs in.
#[derive(Serialize, ToSchema)]
struct NodeDocument {
    #[schema(format = Uuid)]
    id: String,
    name: String,
    #[schema(format = DateTime)]
    created: String,
    #[schema(format = DateTime)]
    last_successful_login: Option<String>,
    #[schema(format = DateTime)]
    last_failed_login: Option<String>,
}

impl From<&Node> for NodeDocument {
    fn from(node: &Node) -> Self {
        Self {
            id: node.id.to_string(),
            name: node.name.to_string(),
            created: time(node.created),
            last_successful_login: node.last_successful_login.map(time),
            last_failed_login: node.last_failed_login.map(time),
        }
    }
}

/// A node with the secret that it logs in with from now on, which is told this once.
#[derive(Serialize, ToSchema)]
struct NodeWithSecretDocument {
    #[serde(flatten)]
    node: NodeDocument,
    secret: String,
}

/// Lists nodes, in the order of their names.
#[utoipa::path(get, path = "/nodes", tag = "nodes", params(PageParams), responses((status = 200, body = Listing<NodeDocument>)))]
async fn list(by: By<NodesRead>, Query(params): Query<PageParams>) -> Result<Response, Problem> {
    let nodes = by.told(by.api().nodes().await)?;
    listing::by_name::<_, NodeDocument>(&params, nodes, |node| node.name.as_str())
}

/// A node to be registered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewNode {
    #[schema(pattern = "^[A-Za-z0-9._:/-]{1,100}$")]
    name: String,
}

/// Registers a node, and makes its secret.
#[utoipa::path(
    post, path = "/nodes", tag = "nodes", request_body = NewNode,
    params(KeyParam),
    responses((status = 201, body = NodeWithSecretDocument))
)]
async fn add(
    by: By<NodesWrite>,
    State(v1): State<Arc<V1>>,
    headers: HeaderMap,
    Json { value: new, bytes }: Json<NewNode>,
) -> Result<Response, Problem> {
    let attempt = Attempt { operator: by.name(), kind: "node", headers: &headers, body: &bytes, now: v1.clock.now() };
    let create = async {
        let added = by.told(by.api().add_node(value("name", &new.name, NodeName::parse)?).await)?;
        let secret = added.secret.expose().to_owned();
        let shown = NodeWithSecretDocument { node: NodeDocument::from(&added.node), secret };
        let location = location("nodes", added.node.name.as_str());
        Ok(Created::new(&shown).found_at(&location, &shown.node))
    };
    v1.answers.once(attempt, create).await
}

/// Shows a node.
#[utoipa::path(
    get, path = "/nodes/{node}", tag = "nodes", params(("node" = String, Path, description = "Its name")),
    responses((status = 200, body = NodeDocument))
)]
async fn get(by: By<NodesRead>, Path(node): Path<String>) -> Result<Response, Problem> {
    let name = named("node", &node, NodeName::parse)?;
    Ok(single(StatusCode::OK, &NodeDocument::from(&by.told(by.api().node(name).await)?)))
}

/// Removes a node, and ends its sessions.
#[utoipa::path(
    delete, path = "/nodes/{node}", tag = "nodes", params(("node" = String, Path, description = "Its name")),
    responses((status = 204))
)]
async fn remove(by: By<NodesWrite>, Path(node): Path<String>) -> Result<Response, Problem> {
    by.told(by.api().remove_node(named("node", &node, NodeName::parse)?).await)?;
    Ok(reply::empty(StatusCode::NO_CONTENT))
}

/// How a node's secret is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// For how many seconds the present secret stays good.
    #[serde(default, deserialize_with = "whole")]
    #[schema(maximum = 31_536_000)]
    grace_seconds: u32,
}

/// A year.
const LONGEST_GRACE: u32 = 31_536_000;

/// Gives a node a new secret.
#[utoipa::path(
    post, path = "/nodes/{node}/secret", tag = "nodes", request_body = Rotation,
    params(("node" = String, Path, description = "Its name")), responses((status = 200, body = NodeWithSecretDocument))
)]
async fn rotate(
    by: By<NodesWrite>,
    Path(node): Path<String>,
    Json { value: rotation, .. }: Json<Rotation>,
) -> Result<Response, Problem> {
    if rotation.grace_seconds > LONGEST_GRACE {
        return Err(Problem::malformed(format!("grace_seconds: at most {LONGEST_GRACE}")));
    }
    let grace = Duration::from_secs(rotation.grace_seconds.into());
    let rotated = by.told(by.api().rotate_node(named("node", &node, NodeName::parse)?, grace).await)?;
    let secret = rotated.secret.expose().to_owned();
    let shown = NodeWithSecretDocument { node: NodeDocument::from(&rotated.node), secret };
    Ok(reply::json(StatusCode::OK, JSON, &shown))
}
