//! Statements of a unit on whose results nothing of it depends.

use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, Insert, QueryTrait, Statement, Values};
use vestibule_application::ports::{CommitError, Conflict};
use vestibule_domain::message::MessageId;

use crate::sea_orm::{
    entities::message,
    error::{not_inserted, unavailable},
};

/// What is run in one go, in the order in which it was added, before anything else of the unit is.
///
/// On SQLite each statement is a way to the connection's thread and back, which costs more than most statements do there; and
/// its driver takes several at once. Servers take one at a time, so there each is run when it is added.
pub(in crate::sea_orm) struct Script<'a> {
    tx: &'a DatabaseTransaction,
    added: Vec<Statement>,
    /// What it means that a unique key is taken.
    taken: Option<Conflict>,
    /// The one of those added that records the last message.
    recording: Option<usize>,
    newest: Option<MessageId>,
}

impl<'a> Script<'a> {
    pub(in crate::sea_orm) fn new(tx: &'a DatabaseTransaction) -> Self {
        Self { tx, added: Vec::new(), taken: None, recording: None, newest: None }
    }

    /// The transaction, in which what was added may not have been run yet.
    pub(in crate::sea_orm) fn transaction(&self) -> &'a DatabaseTransaction {
        self.tx
    }

    /// Adds a statement.
    pub(in crate::sea_orm) async fn add(&mut self, statement: impl QueryTrait) -> Result<(), CommitError> {
        let backend = self.tx.get_database_backend();
        self.added.push(statement.build(backend));
        if backend == DbBackend::Sqlite { Ok(()) } else { self.run().await }
    }

    /// Adds an insertion, which finds a unique key `taken` if another row has it.
    pub(in crate::sea_orm) async fn insert(
        &mut self,
        row: impl QueryTrait,
        taken: Conflict,
    ) -> Result<(), CommitError> {
        // Of two, nobody could tell which found its key taken.
        if self.taken.is_some() {
            self.run().await?;
        }
        self.taken = Some(taken);
        self.add(row).await
    }

    /// Adds the insertion of a message.
    pub(in crate::sea_orm) async fn record(
        &mut self,
        message: Insert<message::ActiveModel>,
    ) -> Result<(), CommitError> {
        if self.tx.get_database_backend() == DbBackend::Sqlite {
            self.recording = Some(self.added.len());
            return self.add(message).await;
        }
        self.run().await?;
        self.newest = message.exec(self.tx).await.map_err(unavailable)?.last_insert_id.try_into().ok();
        Ok(())
    }

    /// The id of the last message, where that is known once all was run.
    pub(in crate::sea_orm) fn newest(&self) -> Option<MessageId> {
        self.newest
    }

    /// Runs what was added.
    pub(in crate::sea_orm) async fn run(&mut self) -> Result<(), CommitError> {
        let (added, taken) = (std::mem::take(&mut self.added), self.taken.take());
        let (recording, last) = (self.recording.take(), added.len().checked_sub(1));
        let Some(script) = joined(added) else { return Ok(()) };
        let failed = |error: DbErr| match taken {
            Some(taken) => not_inserted(taken, error),
            None => unavailable(error).into(),
        };
        let done = self.tx.execute_raw(script).await.map_err(failed)?;
        if recording.is_some() {
            // It tells of the last statement alone.
            self.newest = (recording == last).then(|| done.last_insert_id());
        }
        Ok(())
    }
}

/// One statement of several, whose values follow each other as their statements do.
fn joined(statements: Vec<Statement>) -> Option<Statement> {
    statements.into_iter().reduce(|mut all, Statement { sql, values, .. }| {
        all.sql = format!("{}; {sql}", all.sql);
        let Values(values) = values.unwrap_or(Values(Vec::new()));
        all.values.get_or_insert_with(|| Values(Vec::new())).0.extend(values);
        all
    })
}
