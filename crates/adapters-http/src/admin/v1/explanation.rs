//! A session's story as it is shown.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_application::operator::explanation::Explanation;

use super::{messages::MessageDocument, sessions::SessionDocument, text::time};

/// Why a session is over, or is not.
#[derive(Serialize, ToSchema)]
pub(super) struct ExplanationDocument {
    #[schema(format = Uuid)]
    id: String,
    /// A sentence for people.
    why: &'static str,
    /// The session; nothing if it is forgotten and only the log knows of it.
    session: Option<SessionDocument>,
    /// When, by whom and from where it was ended, as far as that is known.
    ended_by: Option<EndedBy>,
    /// What the message log tells of it, and of what was done to its holder to end it, in order.
    events: Vec<MessageDocument>,
}

/// The end of a session.
#[derive(Serialize, ToSchema)]
struct EndedBy {
    /// What happened.
    event: String,
    #[schema(format = DateTime)]
    at: String,
    /// The operator, when one did it through this API.
    operator: Option<String>,
    /// The address it was asked for from.
    address: Option<String>,
    /// The API it was asked for through.
    dialect: Option<String>,
    /// The process of the service that did it.
    instance: Option<String>,
}

impl From<&Explanation> for ExplanationDocument {
    fn from(explanation: &Explanation) -> Self {
        let ended_by = explanation.ended_by().map(|message| &message.event).map(|event| EndedBy {
            event: event.kind.name(),
            at: time(event.at),
            operator: event.by.operator.as_ref().map(ToString::to_string),
            address: event.address.map(|address| address.to_string()),
            dialect: event.origin.as_ref().map(|origin| origin.as_str().to_owned()),
            instance: event.by.instance.as_ref().map(ToString::to_string),
        });
        Self {
            id: explanation.id.to_string(),
            why: explanation.why(),
            session: explanation.session.as_ref().map(SessionDocument::from),
            ended_by,
            events: explanation.messages.iter().chain(&explanation.cause).map(MessageDocument::from).collect(),
        }
    }
}
