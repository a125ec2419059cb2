//! Reading sessions.

use std::collections::BTreeMap;

use async_trait::async_trait;
use futures_util::future::try_join_all;
use vestibule_application::ports::{SessionFilter, SessionStore, StoreError};
use vestibule_domain::{
    secret::Digest,
    session::{Session, SessionId, Subject},
};

use crate::{
    RedisStore,
    keys::{PARTS, Place, part_of},
};

#[async_trait]
impl SessionStore for RedisStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        if let Some(place) = self.entries.place_by(digest).await?
            && let Some(entry) = self.own(place).await?.filter(|entry| entry.digest == *digest)
        {
            return Ok(Some(entry.session));
        }
        // What has left Redis was committed before it left.
        self.base.sessions.by_digest(digest).await
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        if let Some(place) = self.entries.place_of(id).await?
            && let Some(entry) = self.own(place).await?
        {
            return Ok(Some(entry.session));
        }
        self.base.sessions.by_id(id).await
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        let here = self.page_here(filter).await?;
        let beside = self.base.sessions.page(filter).await?;
        // Those beside come last, because they are right.
        let all: BTreeMap<SessionId, Session> =
            here.into_iter().chain(beside).map(|session| (session.id, session)).collect();
        Ok(all.into_values().take(at_most(filter.limit)).collect())
    }
}

impl RedisStore {
    /// How many sessions are read at a time.
    const BATCH: usize = 500;

    async fn page_here(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        let mut sessions = Vec::new();
        let limit = at_most(filter.limit);
        let parts = match filter.subject {
            Some(subject) => vec![Part::Of(subject)],
            None => (filter.after.map_or(0, part_of)..PARTS).map(Part::Nth).collect(),
        };
        for part in parts {
            let mut after = filter.after;
            while sessions.len() < limit {
                let ids = self.ids(part, after).await?;
                let more = ids.len() == Self::BATCH;
                after = ids.last().copied();
                let found = try_join_all(ids.into_iter().map(|id| self.listed(part, id))).await?;
                let wanted = |session: &Session| filter.live_at.is_none_or(|at| session.is_live(at));
                sessions.extend(found.into_iter().flatten().filter(wanted));
                if !more {
                    break;
                }
            }
        }
        sessions.truncate(limit);
        Ok(sessions)
    }

    async fn ids(&self, part: Part, after: Option<SessionId>) -> Result<Vec<SessionId>, StoreError> {
        match part {
            Part::Of(subject) => self.entries.of_subject(subject, after, Self::BATCH).await,
            Part::Nth(part) => self.entries.of_part(part, after, Self::BATCH).await,
        }
    }

    async fn listed(&self, part: Part, id: SessionId) -> Result<Option<Session>, StoreError> {
        let place = match part {
            Part::Of(subject) => Some(Place { subject, id }),
            Part::Nth(_) => self.entries.place_of(id).await?,
        };
        let Some(place) = place else { return Ok(None) };
        Ok(self.own(place).await?.map(|entry| entry.session))
    }
}

/// One index.
#[derive(Clone, Copy)]
enum Part {
    Of(Subject),
    Nth(u8),
}

fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
