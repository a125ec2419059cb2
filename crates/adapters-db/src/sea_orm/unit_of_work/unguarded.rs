//! Units of work as they would be without their guards.

use async_trait::async_trait;
use sea_orm::{ConnectOptions, Database, DatabaseConnection, DbErr};
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, UnitOfWork},
};

use super::{apart::once, apply_all};

/// Writes in the caller's own future, on connections that are used again as they were left. On PostgreSQL that loses
/// acknowledged writes when callers hang up.
pub struct Unguarded(DatabaseConnection);

impl Unguarded {
    /// With so many connections to the database of this URL, whose tables are there.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, DbErr> {
        let mut options = ConnectOptions::new(url);
        options.max_connections(connections).sqlx_logging(false);
        Database::connect(options).await.map(Self)
    }
}

#[async_trait]
impl UnitOfWork for Unguarded {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        once(&self.0, &|tx| Box::pin(apply_all(tx, changes.clone()))).await
    }
}
