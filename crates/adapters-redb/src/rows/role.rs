//! Roles.

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_domain::rights::{Right, Role, RoleName};

use super::{Kept, parts::words};

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    name: String,
    rights: Vec<String>,
}

impl Kept for Role {
    type Key = &'static str;
    type Row = Row;
    const TABLE: TableDefinition<'static, &'static str, &'static [u8]> = TableDefinition::new("roles");
    const KIND: &'static str = "role";

    fn key(&self) -> &str {
        self.name.as_str()
    }

    fn row(&self) -> Row {
        Row {
            name: self.name.as_str().to_owned(),
            rights: self.rights.iter().map(|right| right.as_str().to_owned()).collect(),
        }
    }

    fn read(row: Row) -> Option<Self> {
        Some(Self { name: RoleName::parse(&row.name).ok()?, rights: words(&row.rights, Right::parse)? })
    }
}
