//! Every table, and what is shipped in them: the open latch, the roles and the forms.
//!
//! Written out in names of its own: later versions of the entities must not change what this migration did.

use sea_orm_migration::{
    prelude::*,
    schema::{
        big_integer, big_integer_null, big_pk_auto, binary_len, binary_len_uniq, boolean, pk_uuid, string_len,
        string_len_null, string_len_uniq, text, text_null, uuid, uuid_null,
    },
};
use vestibule_domain::{
    form::{FormConfiguration, shipped_forms},
    rights::{Right, Role, RoleName, shipped_roles},
};

use super::bytewise::Bytewise;
use crate::sea_orm::{entities::form::fields_column, mapping::words_column};

pub(super) struct Migration;

impl MigrationName for Migration {
    fn name(&self) -> &'static str {
        "m0001_begin"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let bytewise = Bytewise::on(manager).await?;
        for table in [
            sessions(),
            users(),
            user_keys(),
            login_tokens(),
            roles(),
            nodes(),
            clients(),
            forms(),
            messages(),
            installation(),
        ] {
            manager.create_table(bytewise.table(table)).await?;
        }
        for (name, table, columns) in INDICES {
            let mut index = Index::create().name(*name).table(*table).to_owned();
            for column in *columns {
                index.col(*column);
            }
            manager.create_index(index).await?;
        }
        ship(manager).await
    }
}

/// What sweeping and ending all of a subject's sessions look for.
const INDICES: &[(&str, &str, &[&str])] = &[
    ("sessions_by_subject", "sessions", &["subject_kind", "subject_id"]),
    ("sessions_by_end", "sessions", &["over_from"]),
    ("sessions_by_age", "sessions", &["forgettable_from"]),
    ("login_tokens_by_user", "login_tokens", &["user_id"]),
    ("login_tokens_by_end", "login_tokens", &["expires"]),
    ("user_keys_by_user", "user_keys", &["user_id"]),
];

/// The longest name of an API, and of a kind of event.
const NAME: u32 = 100;
/// The longest address, IPv6 with an IPv4 tail.
const ADDRESS: u32 = 45;
/// Folding may double a login name's or address's 254 characters, and more than double none.
const KEY: u32 = 512;

fn table<const N: usize>(name: &'static str, columns: [ColumnDef; N]) -> TableCreateStatement {
    let mut table = Table::create().table(name).to_owned();
    for column in columns {
        table.col(column);
    }
    table
}

fn name_key() -> ColumnDef {
    string_len("name", 200).primary_key().take()
}

fn sessions() -> TableCreateStatement {
    let columns = [
        pk_uuid("id"),
        binary_len_uniq("digest", 32),
        string_len("origin", NAME),
        string_len("device", 100),
        string_len("subject_kind", 9),
        uuid_null("subject_id"),
        big_integer("begun"),
        big_integer_null("authenticated"),
        big_integer("last_seen"),
        big_integer_null("idle_ttl"),
        big_integer("expires"),
        big_integer_null("ended"),
        string_len_null("end_reason", NAME),
        big_integer("epoch"),
        big_integer_null("guard"),
        big_integer_null("sealed_until"),
        big_integer_null("over_from"),
        big_integer_null("forgettable_from"),
    ];
    table("sessions", columns)
}

fn users() -> TableCreateStatement {
    let columns = [
        pk_uuid("id"),
        string_len("login", 254),
        string_len("email", 254),
        text_null("password"),
        big_integer("revision"),
        text("roles"),
        boolean("disabled"),
        string_len("sex", 1),
        string_len_null("name", 100),
        string_len_null("surname", 100),
        string_len_null("nickname", 100),
        string_len_null("birthdate", 8),
        string_len("default_city", 100),
        string_len("time_zone", 100),
        big_integer("created"),
        big_integer_null("last_successful_login"),
        big_integer_null("last_failed_login"),
    ];
    table("users", columns)
}

fn user_keys() -> TableCreateStatement {
    let key = string_len("key", KEY).primary_key().take();
    let mut keys = table("user_keys", [key, uuid("user_id"), boolean("is_login"), boolean("is_email")]);
    keys.foreign_key(ForeignKey::create().from("user_keys", "user_id").to("users", "id")).to_owned()
}

fn login_tokens() -> TableCreateStatement {
    let digest = binary_len("digest", 32).primary_key().take();
    table("login_tokens", [digest, uuid("user_id"), big_integer("issued"), big_integer("expires")])
}

fn roles() -> TableCreateStatement {
    table("roles", [name_key(), text("rights")])
}

fn nodes() -> TableCreateStatement {
    let columns = [
        pk_uuid("id"),
        string_len_uniq("name", 100),
        big_integer("created"),
        big_integer_null("last_successful_login"),
        big_integer_null("last_failed_login"),
        text("current_secret"),
        text_null("previous_secret"),
        big_integer_null("previous_until"),
        big_integer("revision"),
    ];
    table("nodes", columns)
}

fn clients() -> TableCreateStatement {
    let columns = [
        pk_uuid("id"),
        string_len_uniq("name", 100),
        binary_len_uniq("digest", 32),
        big_integer("created"),
        big_integer_null("expires"),
        big_integer_null("revoked"),
    ];
    table("clients", columns)
}

fn forms() -> TableCreateStatement {
    table("forms", [name_key(), string_len("action", 6), text("fields"), text("roles")])
}

fn messages() -> TableCreateStatement {
    let columns = [
        big_pk_auto("id"),
        string_len("kind", NAME),
        big_integer("at"),
        uuid_null("session_id"),
        string_len_null("subject_kind", 9),
        uuid_null("subject_id"),
        string_len_null("origin", NAME),
        string_len_null("address", ADDRESS),
    ];
    table("messages", columns)
}

fn installation() -> TableCreateStatement {
    table("installation", [big_integer("id").primary_key().take(), big_integer_null("configured")])
}

async fn ship(manager: &SchemaManager<'_>) -> Result<(), DbErr> {
    let role = |role: Role| [role.name.as_str().into(), words_column(role.rights.iter().map(Right::as_str)).into()];
    let form = |form: FormConfiguration| {
        let roles = words_column(form.roles.iter().map(RoleName::as_str));
        [form.name.as_str().into(), form.action.as_str().into(), fields_column(&form).into(), roles.into()]
    };
    insert(manager, "installation", ["id"], [[1_i64.into()]]).await?;
    insert(manager, "roles", ["name", "rights"], shipped_roles().map(role)).await?;
    insert(manager, "forms", ["name", "action", "fields", "roles"], shipped_forms().into_iter().map(form)).await
}

async fn insert<const N: usize>(
    manager: &SchemaManager<'_>,
    table: &'static str,
    columns: [&'static str; N],
    rows: impl IntoIterator<Item = [Expr; N]>,
) -> Result<(), DbErr> {
    let mut insert = Query::insert().into_table(table).columns(columns).to_owned();
    for row in rows {
        insert.values(row).map_err(|error| DbErr::Migration(error.to_string()))?;
    }
    manager.execute(insert).await
}
