//! Strings that compare byte for byte, trailing blanks included, and sort by their bytes on every database.

use sea_orm_migration::{
    prelude::*,
    sea_orm::{DbBackend, Statement},
};

/// What makes this database do so.
pub(super) enum Bytewise {
    /// It does so anyway.
    Always,
    /// A collation of each column that holds strings.
    Columns(&'static str),
    /// A collation of each table.
    Tables(&'static str),
}

impl Bytewise {
    /// Asks the database of these migrations.
    pub(super) async fn on(manager: &SchemaManager<'_>) -> Result<Self, DbErr> {
        let backend = manager.get_database_backend();
        if backend == DbBackend::Postgres {
            // Strings are equal byte for byte already, but sort as in the language of the server.
            return Ok(Self::Columns("COLLATE \"C\""));
        }
        if backend != DbBackend::MySql {
            return Ok(Self::Always);
        }
        let version = Statement::from_string(backend, "SELECT VERSION()");
        let version = manager.get_connection().query_one_raw(version).await?;
        let version: String = version.ok_or_else(|| DbErr::RecordNotFound("the version".to_owned()))?.try_get_by(0)?;
        // The collation that both know, utf8mb4_bin, takes no notice of trailing blanks.
        Ok(Self::Tables(if version.contains("MariaDB") { "utf8mb4_nopad_bin" } else { "utf8mb4_0900_bin" }))
    }

    /// The table, made so: its columns and foreign keys.
    pub(super) fn table(&self, mut table: TableCreateStatement) -> TableCreateStatement {
        match self {
            Self::Always => table,
            Self::Tables(collation) => table.character_set("utf8mb4").collate(*collation).take(),
            Self::Columns(collation) => {
                let mut bytewise = Table::create();
                if let Some(name) = table.get_table_name() {
                    bytewise.table(name.clone());
                }
                for column in table.get_columns() {
                    let mut column = column.clone();
                    if matches!(column.get_column_type(), Some(ColumnType::String(_) | ColumnType::Text)) {
                        column.extra(*collation);
                    }
                    bytewise.col(column);
                }
                for key in table.get_foreign_key_create_stmts() {
                    bytewise.foreign_key(&mut key.clone());
                }
                bytewise
            }
        }
    }
}
