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
        // MySQL alters tables in no transaction: what an attempt that broke off has done is not done again.
        // One at a time: SQLite adds no more than one column in a statement.
        for (table, column) in columns {
            if manager.has_column(table, column.get_column_name()).await? {
                continue;
            }
            manager.alter_table(Table::alter().table(table).add_column(column).take()).await?;
        }
        for (index, column) in [("messages_by_session", "session_id"), ("messages_by_subject", "subject_id")] {
            if !manager.has_index("messages", index).await? {
                manager.create_index(Index::create().name(index).table("messages").col(column).take()).await?;
            }
        }
        Ok(())
    }
}
