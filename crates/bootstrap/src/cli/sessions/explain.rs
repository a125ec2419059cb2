//! `session explain`.

use anyhow::Result;
use serde::Serialize;
use vestibule_application::operator::explanation::Explanation;
use vestibule_domain::message::Message;

use super::SessionDocument;
use crate::cli::output::{Context, time};

#[derive(Serialize)]
struct StoryDocument {
    id: String,
    why: &'static str,
    ended: Option<String>,
    by_operator: Option<String>,
    from_address: Option<String>,
    on_instance: Option<String>,
    device: Option<String>,
    authenticated: Option<String>,
    #[serde(flatten)]
    session: Option<SessionDocument>,
}

/// One thing that happened.
#[derive(Serialize)]
struct EventDocument {
    at: String,
    event: String,
    dialect: Option<String>,
    address: Option<String>,
    operator: Option<String>,
    instance: Option<String>,
}

impl From<&Message> for EventDocument {
    fn from(message: &Message) -> Self {
        let event = &message.event;
        Self {
            at: time(event.at),
            event: event.kind.name(),
            dialect: event.origin.as_ref().map(|origin| origin.as_str().to_owned()),
            address: event.address.map(|address| address.to_string()),
            operator: event.by.operator.as_ref().map(ToString::to_string),
            instance: event.by.instance.as_ref().map(ToString::to_string),
        }
    }
}

/// Prints the story: to people what came of it, then what happened one by one.
pub(super) fn run(explanation: &Explanation, context: &mut Context<'_>) -> Result<()> {
    let session = explanation.session.as_ref().map(|report| &report.session);
    let last = explanation.ended_by().map(|message| &message.event);
    let story = StoryDocument {
        id: explanation.id.to_string(),
        why: explanation.why(),
        ended: session.and_then(|session| session.ended).map(|ending| time(ending.at)),
        by_operator: last.and_then(|event| event.by.operator.as_ref()).map(ToString::to_string),
        from_address: last.and_then(|event| event.address).map(|address| address.to_string()),
        on_instance: last.and_then(|event| event.by.instance.as_ref()).map(ToString::to_string),
        device: session.map(|session| session.device.as_str().to_owned()),
        authenticated: session.and_then(|session| session.authenticated).map(time),
        session: explanation.session.as_ref().map(SessionDocument::from),
    };
    let happened = explanation.messages.iter().chain(&explanation.cause);
    let events: Vec<EventDocument> = happened.map(EventDocument::from).collect();
    if context.json {
        let mut document = serde_json::to_value(&story)?;
        document["events"] = serde_json::to_value(&events)?;
        return context.print(&document);
    }
    context.print(&story)?;
    context.print(&events)
}
