//! The message log.

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_domain::{
    client::ClientName,
    message::{Agent, Event, EventKind, InstanceName, Message, MessageId},
    session::{Origin, SessionId},
    time::Timestamp,
};

use super::{
    Kept,
    parts::{SubjectPart, optional},
};

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    id: MessageId,
    kind: String,
    at: i64,
    session: Option<String>,
    subject: Option<SubjectPart>,
    origin: Option<String>,
    address: Option<String>,
    operator: Option<String>,
    instance: Option<String>,
}

impl Kept for Message {
    type Key = MessageId;
    type Row = Row;
    const TABLE: TableDefinition<'static, MessageId, &'static [u8]> = TableDefinition::new("messages");
    const KIND: &'static str = "message";

    fn key(&self) -> MessageId {
        self.id
    }

    fn row(&self) -> Row {
        let event = &self.event;
        Row {
            id: self.id,
            kind: event.kind.name(),
            at: event.at.as_millis(),
            session: event.session.map(|id| id.to_string()),
            subject: event.subject.map(SubjectPart::from),
            origin: event.origin.as_ref().map(|origin| origin.as_str().to_owned()),
            address: event.address.map(|address| address.to_string()),
            operator: event.by.operator.as_ref().map(ToString::to_string),
            instance: event.by.instance.as_ref().map(ToString::to_string),
        }
    }

    fn read(row: Row) -> Option<Self> {
        let event = Event {
            kind: EventKind::parse(&row.kind)?,
            at: Timestamp::from_millis(row.at),
            session: optional(row.session, |id| SessionId::parse(&id))?,
            subject: optional(row.subject, SubjectPart::read)?,
            origin: row.origin.map(Origin::new),
            address: optional(row.address, |address| address.parse().ok())?,
            by: Agent {
                operator: optional(row.operator, |name| ClientName::parse(&name).ok())?,
                instance: optional(row.instance, |name| InstanceName::parse(&name).ok())?,
            },
        };
        Some(Self { id: row.id, event })
    }
}
