//! Login tokens that were not spent.

use sea_orm::Set;
use sea_orm::entity::prelude::*;
use vestibule_domain::{login_token::LoginToken, time::Timestamp, user::UserId};

use crate::sea_orm::mapping::{Table, digest, digest_column};

super::plain!();

#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "login_tokens")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub digest: Vec<u8>,
    pub user_id: Uuid,
    pub issued: i64,
    pub expires: i64,
}

/// The row of a login token.
pub(crate) fn row(token: &LoginToken) -> ActiveModel {
    ActiveModel {
        digest: Set(digest_column(&token.digest)),
        user_id: Set(token.user.as_uuid()),
        issued: Set(token.issued.as_millis()),
        expires: Set(token.expires.as_millis()),
    }
}

impl Table for Entity {
    type Value = LoginToken;
    const KIND: &'static str = "login token";

    fn value(row: Model) -> Option<LoginToken> {
        Some(LoginToken {
            digest: digest(row.digest)?,
            user: UserId::from_uuid(row.user_id),
            issued: Timestamp::from_millis(row.issued),
            expires: Timestamp::from_millis(row.expires),
        })
    }
}
