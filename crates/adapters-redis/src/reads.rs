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
    record::Entry,
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
        let wanted = |session: &Session| filter.live_at.is_none_or(|at| session.is_live(at));
        let here = self.own_after(filter.subject, filter.after, filter.limit, wanted).await?;
        let here = here.into_iter().map(|entry| entry.session);
        let beside = self.base.sessions.page(filter).await?;
        // Those beside come last, because they are right.
        let all: BTreeMap<SessionId, Session> = here.chain(beside).map(|session| (session.id, session)).collect();
        Ok(all.into_values().take(at_most(filter.limit)).collect())
    }
}

impl RedisStore {
    /// How many sessions are read at a time.
    const BATCH: usize = 500;

    /// At most `limit` of Redis's sessions in the order of their ids, from after `after` on: of one subject, or of all.
    pub(crate) async fn own_after(
        &self,
        subject: Option<Subject>,
        after: Option<SessionId>,
        limit: u32,
        wanted: impl Fn(&Session) -> bool,
    ) -> Result<Vec<Entry>, StoreError> {
        let limit = at_most(limit);
        let parts = match subject {
            Some(subject) => vec![Part::Of(subject)],
            None => (after.map_or(0, part_of)..PARTS).map(Part::Nth).collect(),
        };
        let mut own = Vec::new();
        for part in parts {
            let mut after = after;
            while own.len() < limit {
                let ids = self.ids(part, after).await?;
                let more = ids.len() == Self::BATCH;
                after = ids.last().copied();
                let found = try_join_all(ids.into_iter().map(|id| self.listed(part, id))).await?;
                own.extend(found.into_iter().flatten().filter(|entry| wanted(&entry.session)));
                if !more {
                    break;
                }
            }
        }
        own.truncate(limit);
        Ok(own)
    }

    async fn ids(&self, part: Part, after: Option<SessionId>) -> Result<Vec<SessionId>, StoreError> {
        match part {
            Part::Of(subject) => self.entries.of_subject(subject, after, Self::BATCH).await,
            Part::Nth(part) => self.entries.of_part(part, after, Self::BATCH).await,
        }
    }

    async fn listed(&self, part: Part, id: SessionId) -> Result<Option<Entry>, StoreError> {
        let place = match part {
            Part::Of(subject) => Some(Place { subject, id }),
            Part::Nth(_) => self.entries.place_of(id).await?,
        };
        match place {
            Some(place) => self.own(place).await,
            None => Ok(None),
        }
    }
}

/// One index.
#[derive(Clone, Copy)]
enum Part {
    Of(Subject),
    Nth(u8),
}

pub(crate) fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}
