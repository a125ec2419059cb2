//! Attempts that are charged to a bucket. What the bucket is for may have been typed by somebody, and be anything, so
//! its key is a digest of that.

use sea_orm::entity::prelude::*;

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "budgets")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Vec<u8>,
    pub attempts: Vec<u8>,
    /// From when on nothing is charged to it any more.
    pub until: i64,
}
