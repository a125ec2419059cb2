//! Counts and times units of work, in front of whatever commits them.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use async_trait::async_trait;
use tracing::Instrument;
use vestibule_application::{
    change::Change,
    meters::{Count, Spans},
    ports::{CommitError, Committed, UnitOfWork},
};

use crate::telemetry::traces::traced;

/// Upper bounds of classes of time: a disk, a server, a lock that somebody has.
const TIMES: &[Duration] = &[
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(25),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_millis(2500),
    Duration::from_secs(10),
];

/// What became of units of work.
#[derive(Debug)]
pub(crate) struct Commits {
    done: Count,
    conflicts: Count,
    failed: Count,
    pub(crate) took: Spans,
}

impl Default for Commits {
    fn default() -> Self {
        let [done, conflicts, failed] = Default::default();
        Self { done, conflicts, failed, took: Spans::new(TIMES) }
    }
}

impl Commits {
    /// Each outcome with how often there was it.
    pub(crate) fn outcomes(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let outcomes = [("done", &self.done), ("conflict", &self.conflicts), ("failed", &self.failed)];
        outcomes.into_iter().map(|(outcome, count)| (outcome, count.read()))
    }
}

/// A unit of work that is counted.
pub(crate) struct CountedUnits {
    pub(crate) inner: Arc<dyn UnitOfWork>,
    pub(crate) commits: Arc<Commits>,
}

#[async_trait]
impl UnitOfWork for CountedUnits {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let begun = Instant::now();
        let span = traced!("commit", changes = changes.len());
        let committed = self.inner.commit(changes).instrument(span).await;
        let outcome = match &committed {
            Ok(_) => &self.commits.done,
            Err(CommitError::Conflict(_)) => &self.commits.conflicts,
            Err(CommitError::Store(_)) => &self.commits.failed,
        };
        outcome.one_more();
        self.commits.took.note(begun.elapsed());
        committed
    }
}
