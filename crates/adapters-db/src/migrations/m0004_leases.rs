//! Who answers from memory without asking, and what they have heard.

use sea_orm_migration::{
    prelude::*,
    schema::{big_integer, uuid},
};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0004_leases"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let holder = uuid("holder").primary_key().take();
        let mut leases = Table::create().table("leases").to_owned();
        manager.create_table(leases.col(holder).col(big_integer("heard")).take()).await
    }
}
