//! The message log: read by pages, or followed.

use std::sync::Arc;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::{router::OpenApiRouter, routes};
use vestibule_application::{operator::pages::WhichMessages, ports::About};
use vestibule_domain::{
    message::{EventKind, Message, MessageId},
    session::{SessionId, Subject},
    user::UserId,
};

use super::{
    By, Problem, V1,
    access::MessagesRead,
    input::{Path, Query},
    listing::{self, Listing},
    stream,
    tag::single,
    text::{queried, time},
};

pub(super) fn routes() -> OpenApiRouter<Arc<V1>> {
    OpenApiRouter::new().routes(routes!(list)).routes(routes!(follow)).routes(routes!(get))
}

/// Something that happened.
#[derive(Serialize, ToSchema)]
pub(super) struct MessageDocument {
    /// Its place in the log.
    pub(super) id: MessageId,
    /// What happened; an ending carries its reason, as in `session_ended:revoked`.
    kind: String,
    #[schema(format = DateTime)]
    at: String,
    /// To which session.
    #[schema(format = Uuid)]
    session: Option<String>,
    /// To, or by, which user.
    #[schema(format = Uuid)]
    user: Option<String>,
    /// To, or by, which node.
    #[schema(format = Uuid)]
    node: Option<String>,
    /// Through which session API.
    dialect: Option<String>,
    /// From which address.
    address: Option<String>,
    /// By which operator, through this API.
    operator: Option<String>,
    /// Written by which process of the service.
    instance: Option<String>,
}

impl From<&Message> for MessageDocument {
    fn from(message: &Message) -> Self {
        let event = &message.event;
        let (user, node) = match event.subject {
            Some(Subject::User(id)) => (Some(id.to_string()), None),
            Some(Subject::Node(id)) => (None, Some(id.to_string())),
            Some(Subject::Anonymous | Subject::Setup) | None => (None, None),
        };
        Self {
            id: message.id,
            kind: event.kind.name(),
            at: time(event.at),
            session: event.session.map(|id| id.to_string()),
            user,
            node,
            dialect: event.origin.as_ref().map(|origin| origin.as_str().to_owned()),
            address: event.address.map(|address| address.to_string()),
            operator: event.by.operator.as_ref().map(ToString::to_string),
            instance: event.by.instance.as_ref().map(ToString::to_string),
        }
    }
}

/// Which messages.
#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct Which {
    /// Only those of this kind.
    #[param(nullable = false)]
    kind: Option<String>,
    /// Only those about the session of this id.
    #[param(format = Uuid, nullable = false)]
    session: Option<String>,
    /// Only those about the user of this id.
    #[param(format = Uuid, nullable = false)]
    user: Option<String>,
    /// The most items of the page.
    #[param(minimum = 1, maximum = 200, default = 50, nullable = false)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(nullable = false)]
    cursor: Option<String>,
}

/// Lists messages, the oldest first.
#[utoipa::path(get, path = "/messages", tag = "messages", params(Which), responses((status = 200, body = Listing<MessageDocument>)))]
async fn list(by: By<MessagesRead>, Query(query): Query<Which>) -> Result<Response, Problem> {
    let session = queried("session", query.session.as_deref(), SessionId::parse)?;
    let user = queried("user", query.user.as_deref(), UserId::parse)?;
    if session.is_some() && user.is_some() {
        return Err(Problem::invalid("user", &"look for those about a session or about a user"));
    }
    let kind = query.kind.as_deref().map(|kind| {
        EventKind::parse(kind).ok_or_else(|| Problem::invalid("kind", &"there is no such kind of message"))
    });
    let about = session.map(About::Session).or(user.map(|id| About::Subject(Subject::User(id))));
    let which = WhichMessages { about, kind: kind.transpose()? };
    let after = listing::after(query.cursor.as_deref(), |key| key.parse().ok())?.unwrap_or(0);
    let page = by.told(by.api().messages_page(which, after, listing::limit(query.limit)?).await)?;
    Ok(listing::page(page.items.iter().map(MessageDocument::from).collect(), page.next))
}

/// Shows a message.
#[utoipa::path(
    get, path = "/messages/{message}", tag = "messages",
    params(("message" = u64, Path, description = "Its place in the log", minimum = 1)),
    responses((status = 200, body = MessageDocument))
)]
async fn get(by: By<MessagesRead>, Path(message): Path<String>) -> Result<Response, Problem> {
    let unknown = || Problem::unknown("there is no message of this number");
    let id: MessageId = message.parse().map_err(|_| unknown())?;
    let before = id.checked_sub(1).ok_or_else(unknown)?;
    let page = by.told(by.api().messages_page(WhichMessages::default(), before, 1).await)?;
    let found = page.items.first().filter(|found| found.id == id).ok_or_else(unknown)?;
    Ok(single(StatusCode::OK, &MessageDocument::from(found)))
}

/// Follows the log: each new message as a server-sent event that has its number as `id`.
///
/// It begins after `Last-Event-ID`, which whoever follows sends when they come back, else with what happens from now on.
/// A stream ends after some time, and is to be asked for again; it ends at once when the operator's token is good no more.
/// There are 16 at a time; the next one is answered 503.
#[utoipa::path(
    get, path = "/messages/stream", tag = "messages",
    params(("Last-Event-ID" = Option<u64>, Header, description = "The last message that was received")),
    responses((status = 200, content_type = "text/event-stream", body = String))
)]
async fn follow(by: By<MessagesRead>, State(v1): State<Arc<V1>>, headers: HeaderMap) -> Result<Response, Problem> {
    let place = v1.places.take()?;
    let last = headers.get("last-event-id").map(|last| last.to_str().ok().and_then(|last| last.trim().parse().ok()));
    let after = match last {
        Some(Some(last)) => last,
        Some(None) => return Err(Problem::malformed("Last-Event-ID: the number of a message")),
        None => by.told(by.api().latest_message().await)?,
    };
    Ok(stream::of(by.into_pass(), after, place).into_response())
}
