//! Sessions, as far as the store keeps them: all that were ever somebody's, and those that were ended.

mod shown;

use std::sync::Arc;

use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_application::operator::pages::{State, WhichSessions};
use vestibule_domain::{
    node::NodeId,
    session::{Origin, SessionId, Subject},
    user::UserId,
};

pub(super) use self::shown::SessionDocument;
use super::{
    By, Problem, V1,
    access::{SessionsRead, SessionsWrite},
    explanation::ExplanationDocument,
    input::{Json, Path, Query},
    listing::{self, Listing},
    tag::single,
    text::{id, moment, queried},
};
use crate::reply::{self, JSON};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, end))
        .routes(routes!(explain))
        .routes(routes!(end_all_of))
        .routes(routes!(revoke))
}

/// Which sessions.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of the user of this id.
    #[param(format = Uuid, nullable = false)]
    user: Option<String>,
    /// Only those of the node of this id.
    #[param(format = Uuid, nullable = false)]
    node: Option<String>,
    /// Only those begun through this API.
    #[param(nullable = false)]
    dialect: Option<String>,
    /// Only those that stand like this.
    #[param(inline, nullable = false)]
    state: Option<StateParam>,
    /// The most items of the page.
    #[param(minimum = 1, maximum = 200, default = 50, nullable = false)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// `live`, or `over`: ended or expired.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum StateParam {
    Live,
    Over,
}

/// Lists sessions, in the order of their ids.
#[utoipa::path(get, path = "/sessions", tag = "sessions", params(Which), responses((status = 200, body = Listing<SessionDocument>)))]
async fn list(by: By<SessionsRead>, Query(query): Query<Which>) -> Result<Response, Problem> {
    let user = queried("user", query.user.as_deref(), UserId::parse)?;
    let node = queried("node", query.node.as_deref(), NodeId::parse)?;
    if user.is_some() && node.is_some() {
        return Err(Problem::invalid("node", &"look for those of a user or of a node"));
    }
    let state = query.state.map(|state| match state {
        StateParam::Live => State::Live,
        StateParam::Over => State::Over,
    });
    let subject = user.map(Subject::User).or(node.map(Subject::Node));
    let which = WhichSessions { subject, origin: query.dialect.map(Origin::new), state };
    let after = listing::after(query.cursor.as_deref(), SessionId::parse)?;
    let page = by.told(by.api().sessions_page(which, after, listing::limit(query.limit)?).await)?;
    Ok(listing::page(page.items.iter().map(SessionDocument::from).collect(), page.next))
}

/// Shows a session.
#[utoipa::path(
    get, path = "/sessions/{session}", tag = "sessions",
    params(("session" = uuid::Uuid, Path, description = "Its id, which is not its token")),
    responses((status = 200, body = SessionDocument))
)]
async fn get(by: By<SessionsRead>, Path(session): Path<String>) -> Result<Response, Problem> {
    let id = id("session", &session, SessionId::parse)?;
    Ok(single(StatusCode::OK, &SessionDocument::from(&by.told(by.api().session(id).await)?)))
}

/// Ends a session. One that is over already stays as it is.
#[utoipa::path(
    delete, path = "/sessions/{session}", tag = "sessions",
    params(("session" = uuid::Uuid, Path, description = "Its id, which is not its token")),
    responses((status = 200, body = SessionDocument))
)]
async fn end(by: By<SessionsWrite>, Path(session): Path<String>) -> Result<Response, Problem> {
    let id = id("session", &session, SessionId::parse)?;
    Ok(single(StatusCode::OK, &SessionDocument::from(&by.told(by.api().revoke_session(id).await)?)))
}

/// Tells a session's story: where it was begun, and when, why and by whom it ended.
#[utoipa::path(
    get, path = "/sessions/{session}/explanation", tag = "sessions",
    params(("session" = uuid::Uuid, Path, description = "Its id, which is not its token")),
    responses((status = 200, body = ExplanationDocument))
)]
async fn explain(by: By<SessionsRead>, Path(session): Path<String>) -> Result<Response, Problem> {
    let id = id("session", &session, SessionId::parse)?;
    let explanation = by.told(by.api().explain_session(id).await)?;
    Ok(single(StatusCode::OK, &ExplanationDocument::from(&explanation)))
}

/// What ending many sessions came to.
#[derive(Serialize, ToSchema)]
struct RevokedDocument {
    /// How many were ended by this request.
    revoked: usize,
}

/// Ends all sessions of a user.
#[utoipa::path(
    delete, path = "/users/{user}/sessions", tag = "sessions",
    params(("user" = uuid::Uuid, Path, description = "Whose, by id")), responses((status = 200, body = RevokedDocument))
)]
async fn end_all_of(by: By<SessionsWrite>, Path(user): Path<String>) -> Result<Response, Problem> {
    let id = id("user", &user, UserId::parse)?;
    let revoked = by.told(by.api().revoke_sessions_of(id).await)?.len();
    Ok(reply::json(StatusCode::OK, JSON, &RevokedDocument { revoked }))
}

/// Which sessions to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Revocation {
    /// Those begun before this moment. One that is not yet: everybody has to log in again.
    #[schema(format = DateTime)]
    begun_before: String,
}

/// Ends every session that was begun before a moment, whosever it is, some at a time.
#[utoipa::path(
    post, path = "/sessions/revocations", tag = "sessions", request_body = Revocation,
    responses((status = 200, body = RevokedDocument))
)]
async fn revoke(by: By<SessionsWrite>, Json { value, .. }: Json<Revocation>) -> Result<Response, Problem> {
    let before = moment("begun_before", &value.begun_before)?;
    let revoked = by.told(by.api().revoke_all_sessions(Some(before)).await)?;
    Ok(reply::json(StatusCode::OK, JSON, &RevokedDocument { revoked }))
}
