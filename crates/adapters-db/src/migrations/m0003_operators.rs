//! The scopes of operators, who did what and where, and what is asked of the log about one session or subject.

use sea_orm_migration::{
    prelude::*,
    schema::{string_len_null, text_null},
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0003_operators"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            ("clients", text_null("scopes")),
            ("messages", string_len_null("operator", 100)),
            ("messages", string_len_null("instance", 100)),
        ];
        // One at a time: SQLite adds no more than one column in a statement.
        for (table, column) in columns {
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        let by_session = Index::create().name("messages_by_session").table("messages").col("session_id").to_owned();
        manager.create_index(by_session).await?;
        let by_subject = Index::create().name("messages_by_subject").table("messages").col("subject_id").to_owned();
        manager.create_index(by_subject).await
    }
}
