//! What users are looked up by. A key is the primary one, so that the login name of one user and the address of
//! another cannot be the same.

use sea_orm::entity::prelude::*;

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "user_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub key: String,
    pub user_id: Uuid,
    pub is_login: bool,
    pub is_email: bool,
}
