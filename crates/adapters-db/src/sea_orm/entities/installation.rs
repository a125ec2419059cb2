//! The latch: one row, which the migration puts there and nothing ever removes.

use sea_orm::entity::prelude::*;

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "installation")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: i64,
    /// When the first user came in.
    pub configured: Option<i64>,
}
