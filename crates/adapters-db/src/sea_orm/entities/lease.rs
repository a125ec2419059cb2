//! Leases, one for each node that answers from memory without asking.

use sea_orm::entity::prelude::*;

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leases")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub holder: Uuid,
    /// Up to which message.
    pub heard: i64,
}
