//! Roles.

use sea_orm::Set;
use sea_orm::entity::prelude::*;
use vestibule_domain::rights::{Right, Role, RoleName};

use crate::sea_orm::mapping::{Table, words, words_column};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "roles")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub rights: String,
}

/// The row of a role.
pub(crate) fn row(role: &Role) -> ActiveModel {
    ActiveModel {
        name: Set(role.name.as_str().to_owned()),
        rights: Set(words_column(role.rights.iter().map(Right::as_str))),
    }
}

impl Table for Entity {
    type Value = Role;
    const KIND: &'static str = "role";

    fn value(row: Model) -> Option<Role> {
        Some(Role { name: RoleName::parse(&row.name).ok()?, rights: words(&row.rights, Right::parse)? })
    }
}
