//! The two stores as a whole.

use std::collections::BTreeMap;

use async_trait::async_trait;
use vestibule_application::ports::{
    Archive, CommitError, Conflict, StoreError,
    archive::{Key, Kind, Record, Span},
};
use vestibule_domain::session::SessionId;

use crate::{RedisStore, commit::Unborn, entries::place, reads::at_most};

#[async_trait]
impl Archive for RedisStore {
    async fn export(&self, kind: Kind, after: Option<Key>, limit: u32) -> Result<Vec<Record>, StoreError> {
        let beside = self.base.archive.export(kind, after.clone(), limit).await?;
        if kind != Kind::Session {
            return Ok(beside);
        }
        let here = self.own_after(None, session_id(after), limit, |_| true).await?.into_iter();
        let here = here.map(|entry| Record::Session { session: Box::new(entry.session), digest: entry.digest });
        // Those beside come last, because they are right.
        let all: BTreeMap<Key, Record> = here.chain(beside).map(|record| (record.key(), record)).collect();
        Ok(all.into_values().take(at_most(limit)).collect())
    }

    /// Sessions that are put in place are put beside Redis, where they stay until they are over.
    async fn replace(&self, span: Span, records: Vec<Record>) -> Result<(), CommitError> {
        if span.kind != Kind::Session {
            return self.base.archive.replace(span, records).await;
        }
        let store = self.clone();
        let task = tokio::spawn(async move { store.replace_sessions(span, records).await });
        task.await.unwrap_or_else(|lost| Err(StoreError::Unavailable(Box::new(lost)).into()))
    }
}

impl RedisStore {
    /// How many sessions leave Redis at a time.
    const LEAVING: u32 = 500;

    async fn replace_sessions(&self, span: Span, records: Vec<Record>) -> Result<(), CommitError> {
        for record in &records {
            // One that Redis has elsewhere is one that the store beside it cannot see.
            if let Record::Session { digest, .. } = record
                && let Some(place) = self.entries.place_by(digest).await?
                && !span.has(&Key::Id(place.id.as_uuid()))
                && self.own(place).await?.is_some()
            {
                return Err(Conflict::SessionExists.into());
            }
        }
        let mut taken = Vec::new();
        let mut after = session_id(span.after.clone());
        loop {
            let own = self.own_after(None, after, Self::LEAVING, |_| true).await?;
            let Some(last) = own.last().map(|entry| entry.session.id) else { break };
            after = Some(last);
            for entry in own.iter().filter(|entry| span.has(&Key::Id(entry.session.id.as_uuid()))) {
                taken.extend(self.take_at(place(&entry.session), Unborn::Skipped).await?);
            }
            if !span.has(&Key::Id(last.as_uuid())) {
                break;
            }
        }
        self.base.archive.replace(span, records).await?;
        Ok(self.let_go(&taken).await?)
    }
}

fn session_id(key: Option<Key>) -> Option<SessionId> {
    match key? {
        Key::Id(id) => Some(SessionId::from_uuid(id)),
        Key::Single | Key::Number(_) | Key::Name(_) | Key::Digest(_) => None,
    }
}
