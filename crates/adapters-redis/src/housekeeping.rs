//! Ending what has expired. What has ended is beside Redis, and forgotten there.

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Conflict, Housekeeping, StoreError},
};
use vestibule_domain::{
    message::Event,
    session::{EndReason, Ending, Standing},
    time::Timestamp,
};

use crate::{
    RedisStore,
    commit::{Unborn, ended},
    keys::PARTS,
    record::Entry,
};

#[async_trait]
impl Housekeeping for RedisStore {
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let store = self.clone();
        let task = tokio::spawn(async move { store.expire_whole(now, limit).await });
        task.await.unwrap_or_else(|lost| Err(StoreError::Unavailable(Box::new(lost))))
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        self.base.housekeeping.forget(before, limit).await
    }
}

impl RedisStore {
    async fn expire_whole(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let mut expired = 0;
        for part in 0..PARTS {
            while expired < limit {
                let over = self.take_due(part, now, limit - expired).await?;
                if over.is_empty() {
                    break;
                }
                expired += self.expire_taken(over, now).await?;
            }
        }
        Ok(expired + self.base.housekeeping.expire(now, limit - expired).await?)
    }

    /// Takes at most `limit` sessions of a part that have expired. Sets the index right where it is not.
    async fn take_due(&self, part: u8, now: Timestamp, limit: u32) -> Result<Vec<Entry>, StoreError> {
        let mut over = Vec::new();
        loop {
            let due = self.entries.due(part, now, limit).await?;
            if due.is_empty() {
                return Ok(over);
            }
            for id in due {
                let Some(place) = self.entries.place_of(id).await? else {
                    self.entries.strike(id).await?;
                    continue;
                };
                match self.own(place).await? {
                    // It was seen since it was entered.
                    Some(entry) if entry.session.standing(now) != Standing::Expired => {
                        self.entries.enter(&entry.session).await?;
                    }
                    Some(_) => over.extend(self.take_at(place, Unborn::Skipped).await?),
                    None => {
                        self.take_at(place, Unborn::Skipped).await?;
                        self.entries.strike(id).await?;
                    }
                }
            }
            // It may have been seen just before it was taken.
            over.retain(|entry| entry.session.standing(now) == Standing::Expired);
            if !over.is_empty() {
                return Ok(over);
            }
        }
    }

    /// Ends sessions that were taken, and says how many; others may have been faster with some.
    async fn expire_taken(&self, mut over: Vec<Entry>, now: Timestamp) -> Result<u32, StoreError> {
        loop {
            let changes = over.iter().flat_map(|entry| expiry(entry, now)).collect();
            match self.base.unit.commit(changes).await {
                Ok(_) => {
                    self.let_go(&over).await?;
                    return Ok(u32::try_from(over.len()).unwrap_or(u32::MAX));
                }
                Err(CommitError::Conflict(Conflict::SessionExists)) => {
                    let mut left = Vec::new();
                    for entry in over {
                        if !self.has_row(entry.session.id).await? {
                            left.push(entry);
                        }
                    }
                    over = left;
                }
                Err(CommitError::Conflict(conflict)) => return Err(StoreError::Unavailable(conflict.into())),
                Err(CommitError::Store(error)) => return Err(error),
            }
        }
    }
}

fn expiry(entry: &Entry, now: Timestamp) -> [Change; 2] {
    let ending = Ending { at: now, reason: EndReason::Expired };
    [ended(entry, ending), Change::Record(Event::expiry(&entry.session, now))]
}
