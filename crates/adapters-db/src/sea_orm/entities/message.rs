//! The message log. Its ids are never given out twice.

use sea_orm::entity::prelude::*;
use sea_orm::{NotSet, Set};
use vestibule_domain::{
    client::ClientName,
    message::{Agent, Event, EventKind, InstanceName, Message},
    session::{Origin, SessionId},
    time::Timestamp,
};

use crate::sea_orm::mapping::{Table, optional, subject, subject_columns};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "messages")]
pub(crate) struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub kind: String,
    pub at: i64,
    pub session_id: Option<Uuid>,
    pub subject_kind: Option<String>,
    pub subject_id: Option<Uuid>,
    pub origin: Option<String>,
    pub address: Option<String>,
    pub operator: Option<String>,
    pub instance: Option<String>,
}

/// The row of an event.
pub(crate) fn row(event: &Event) -> ActiveModel {
    let (subject_kind, subject_id) = event.subject.map(subject_columns).unzip();
    ActiveModel {
        id: NotSet,
        kind: Set(event.kind.name()),
        at: Set(event.at.as_millis()),
        session_id: Set(event.session.map(SessionId::as_uuid)),
        subject_kind: Set(subject_kind.map(str::to_owned)),
        subject_id: Set(subject_id.flatten()),
        origin: Set(event.origin.as_ref().map(|origin| origin.as_str().to_owned())),
        address: Set(event.address.map(|address| address.to_string())),
        operator: Set(event.by.operator.as_ref().map(ToString::to_string)),
        instance: Set(event.by.instance.as_ref().map(ToString::to_string)),
    }
}

impl Table for Entity {
    type Value = Message;
    const KIND: &'static str = "message";

    fn value(row: Model) -> Option<Message> {
        Some(Message {
            id: row.id.try_into().ok()?,
            event: Event {
                kind: EventKind::parse(&row.kind)?,
                at: Timestamp::from_millis(row.at),
                session: row.session_id.map(SessionId::from_uuid),
                subject: optional(row.subject_kind, |kind| subject(&kind, row.subject_id))?,
                origin: row.origin.map(Origin::new),
                address: optional(row.address, |address| address.parse().ok())?,
                by: Agent {
                    operator: optional(row.operator, |name| ClientName::parse(&name).ok())?,
                    instance: optional(row.instance, |name| InstanceName::parse(&name).ok())?,
                },
            },
        })
    }
}
