//! Budgets that processes share, and the networks that users and nodes have logged in from.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, binary_len, blob, text_null},
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0002_budgets"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let id = binary_len("id", 32).primary_key().take();
        let mut budgets = Table::create().table("budgets").to_owned();
        manager.create_table(budgets.col(id).col(blob("attempts")).col(big_integer("until")).take()).await?;
        let by_end = Index::create().name("budgets_by_end").table("budgets").col("until").to_owned();
        manager.create_index(by_end).await?;
        for table in ["users", "nodes"] {
            manager.alter_table(Table::alter().table(table).add_column(text_null("networks")).take()).await?;
        }
        Ok(())
    }
}
