//! The history of the tables. What has been released is never edited, only added to.

mod bytewise;
mod m0001_begin;
mod m0002_budgets;
mod m0003_operators;
mod m0004_leases;

use sea_orm_migration::prelude::*;

/// All migrations, oldest first.
pub(crate) struct Migrations;

#[async_trait::async_trait]
impl MigratorTrait for Migrations {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        vec![
            Box::new(m0001_begin::Migration),
            Box::new(m0002_budgets::Migration),
            Box::new(m0003_operators::Migration),
            Box::new(m0004_leases::Migration),
        ]
    }
}
