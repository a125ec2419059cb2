//! The message log: reads and writes.

use async_trait::async_trait;
use redb::{ReadableTable, WriteTransaction};
use vestibule_application::ports::{About, MessageLog, StoreError};
use vestibule_domain::message::{Event, Message, MessageId};

use crate::{
    RedbStore,
    rows::{self, Kept},
    tables::{self, Reads, unavailable},
};

#[async_trait]
impl MessageLog for RedbStore {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        self.look(latest)
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        self.list(move |tx| rows::page(tx, Some(after), limit)).await
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        // Nobody asks but people, now and then: an index would cost every writer.
        self.list(move |tx| {
            let pick = |_, row: &[u8]| {
                let message: Message = rows::read(row)?;
                let is_meant = match about {
                    About::Session(id) => message.event.session == Some(id),
                    About::Subject(subject) => message.event.subject == Some(subject),
                };
                Ok(is_meant.then_some(message))
            };
            tables::scan(tx, Message::TABLE, tables::after(Some(after)), limit, pick)
        })
        .await
    }
}

/// Nothing leaves the log but by a copy that replaces it, so that its last id is the highest ever given out.
pub(crate) fn latest(tx: &impl Reads) -> Result<MessageId, StoreError> {
    let table = tx.table(Message::TABLE)?;
    let last = table.last().map_err(unavailable)?;
    Ok(last.map_or(0, |(id, _)| id.value()))
}

pub(crate) fn record(tx: &WriteTransaction, event: Event) -> Result<(), StoreError> {
    let id = latest(tx)?.checked_add(1).ok_or(StoreError::Malformed(Message::KIND))?;
    rows::put(tx, &Message { id, event })
}
