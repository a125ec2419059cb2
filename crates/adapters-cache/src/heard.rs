//! Units of work that are over once nobody answers as if they had not happened.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::{Instant, sleep};
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Leases, MessageLog, StoreError, UnitOfWork, WAITED_FOR},
    touched::Touched,
};
use vestibule_domain::message::MessageId;

/// Commits, and waits until every node that answers from memory without asking has heard of it, or has no lease any more.
///
/// Whoever writes to a store on which there can be leases has to write through this, whether they hold one or not.
pub struct Heard {
    inner: Arc<dyn UnitOfWork>,
    log: Arc<dyn MessageLog>,
    leases: Arc<dyn Leases>,
}

impl Heard {
    /// How long it is until it is asked a second time whether all have heard, and from then on at most. Holders look every
    /// ten milliseconds.
    const PAUSES: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(8)];

    /// In front of units on the store with this log and these leases.
    pub fn new(inner: Arc<dyn UnitOfWork>, log: Arc<dyn MessageLog>, leases: Arc<dyn Leases>) -> Self {
        Self { inner, log, leases }
    }

    /// Waits until all have heard of what was committed by now: of this message, or of whatever is in the log if that is not known.
    async fn by_all(&self, mut newest: Option<MessageId>) {
        let (committed, [mut pause, longest]) = (Instant::now(), Self::PAUSES);
        loop {
            match self.is_heard_by_all(&mut newest).await {
                Ok(true) => return,
                Ok(false) => {}
                // It is committed, whatever becomes of this; and to wait is enough.
                Err(error) => tracing::debug!("cannot tell who has heard of what was written: {error}"),
            }
            let left = WAITED_FOR.saturating_sub(committed.elapsed());
            if left.is_zero() {
                return self.strike(newest).await;
            }
            sleep(pause.min(left)).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn is_heard_by_all(&self, newest: &mut Option<MessageId>) -> Result<bool, StoreError> {
        let Some(least) = self.leases.least_heard().await? else { return Ok(true) };
        let message = match *newest {
            Some(known) => known,
            None => *newest.insert(self.log.latest().await?),
        };
        Ok(least >= message)
    }

    /// Nobody who has not heard of it by now holds anything.
    async fn strike(&self, newest: Option<MessageId>) {
        let Some(message) = newest else { return };
        match self.leases.strike(message).await {
            Ok(0) => {}
            Ok(struck) => tracing::warn!(
                struck,
                "a node that answered from memory was not heard of for {WAITED_FOR:?}: what was written had to wait for it"
            ),
            Err(error) => tracing::debug!("whoever has not heard of message {message} is not struck out: {error}"),
        }
    }
}

#[async_trait]
impl UnitOfWork for Heard {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let is_told = changes.iter().any(|change| Touched::by(change) == Some(Touched::Log));
        let committed = self.inner.commit(changes).await?;
        // What no message tells of concerns nobody's memory.
        if is_told {
            self.by_all(committed.newest).await;
        }
        Ok(committed)
    }
}
