//! Login tokens that were not spent.

use redb::TableDefinition;
use serde::{Deserialize, Serialize};
use vestibule_domain::{login_token::LoginToken, secret::Digest, time::Timestamp, user::UserId};

use super::Kept;

#[derive(Serialize, Deserialize)]
pub(crate) struct Row {
    digest: [u8; 32],
    user: String,
    issued: i64,
    expires: i64,
}

impl Kept for LoginToken {
    type Key = &'static [u8; 32];
    type Row = Row;
    const TABLE: TableDefinition<'static, &'static [u8; 32], &'static [u8]> = TableDefinition::new("login_tokens");
    const KIND: &'static str = "login token";

    fn key(&self) -> &[u8; 32] {
        self.digest.as_bytes()
    }

    fn row(&self) -> Row {
        Row {
            digest: *self.digest.as_bytes(),
            user: self.user.to_string(),
            issued: self.issued.as_millis(),
            expires: self.expires.as_millis(),
        }
    }

    fn read(row: Row) -> Option<Self> {
        Some(Self {
            digest: Digest::new(row.digest),
            user: UserId::parse(&row.user)?,
            issued: Timestamp::from_millis(row.issued),
            expires: Timestamp::from_millis(row.expires),
        })
    }
}
