//! Units of work that are over once nobody answers as if they had not happened.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use async_trait::async_trait;
use tokio::time::{sleep, timeout};
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Leases, MessageLog, StoreError, UnitOfWork, WAITED_FOR},
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

/// How long it may take to strike somebody out, who is struck out by the next otherwise.
const STRIKE: Duration = Duration::from_millis(100);

impl Heard {
    /// How long it is until it is asked a second time whether all have heard, and from then on at most. Holders look every
    /// ten milliseconds.
    const PAUSES: [Duration; 2] = [Duration::from_millis(2), Duration::from_millis(8)];

    /// In front of units on the store with this log and these leases.
    pub fn new(inner: Arc<dyn UnitOfWork>, log: Arc<dyn MessageLog>, leases: Arc<dyn Leases>) -> Self {
        Self { inner, log, leases }
    }

    /// Waits until all have heard of this message, which was committed before; or of whatever is in the log by now.
    async fn by_all(&self, named: Option<MessageId>) {
        let mut message = named;
        if timeout(WAITED_FOR, self.in_time(&mut message)).await.is_ok() {
            return;
        }
        match (named, message) {
            (Some(message), _) => strike(&*self.leases, message).await,
            // It was learnt on the way. Whoever has not heard of that may have had no time to, and gets it.
            (None, Some(message)) => {
                let leases = Arc::clone(&self.leases);
                tokio::spawn(async move {
                    sleep(WAITED_FOR).await;
                    strike(&*leases, message).await;
                });
            }
            (None, None) => {}
        }
    }

    async fn in_time(&self, message: &mut Option<MessageId>) {
        let [mut pause, longest] = Self::PAUSES;
        loop {
            match self.is_heard_by_all(message).await {
                Ok(true) => return,
                Ok(false) => {}
                // It is committed, whatever becomes of this; and to wait is enough.
                Err(error) => tracing::debug!("cannot tell who has heard of what was written: {error}"),
            }
            sleep(pause).await;
            pause = (pause * 2).min(longest);
        }
    }

    async fn is_heard_by_all(&self, message: &mut Option<MessageId>) -> Result<bool, StoreError> {
        let Some(least) = self.leases.least_heard().await? else { return Ok(true) };
        let message = match *message {
            Some(known) => known,
            None => *message.insert(self.log.latest().await?),
        };
        Ok(least >= message)
    }
}

/// Strikes out who has not heard of a message that is as old as anybody may believe.
async fn strike(leases: &dyn Leases, message: MessageId) {
    match timeout(STRIKE, leases.strike(message)).await {
        Ok(Ok(0)) => {}
        Ok(Ok(struck)) => tracing::warn!(
            struck,
            "a node that answered from memory was not heard of for {WAITED_FOR:?}: what was written had to wait for it"
        ),
        Ok(Err(error)) => tracing::debug!("whoever has not heard of message {message} is not struck out: {error}"),
        Err(late) => tracing::debug!("whoever has not heard of message {message} is not struck out: {late}"),
    }
}

#[async_trait]
impl UnitOfWork for Heard {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        // An empty one is for whoever found something done that somebody else may still be waiting for.
        let concerns_memory = changes.is_empty() || !changes.iter().all(concerns_nobody);
        let is_told = changes.iter().any(|change| matches!(change, Change::Record(_)));
        match self.inner.commit(changes).await {
            Ok(committed) if concerns_memory => {
                self.by_all(committed.newest.filter(|_| is_told)).await;
                Ok(committed)
            }
            // Somebody else was first, and may be waiting.
            Err(conflict @ CommitError::Conflict(_)) => {
                self.by_all(None).await;
                Err(conflict)
            }
            done => done,
        }
    }
}

/// Whether a change alone is nothing that any node would have to hear of.
fn concerns_nobody(change: &Change) -> bool {
    matches!(change, Change::TouchSessions(_) | Change::KnowNetwork { .. })
}
