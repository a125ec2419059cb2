//! The tables: one file each, with the columns, what a row is made of and what it stands for.
//!
//! Moments are milliseconds since the epoch, secrets are there as digests or hashes only, and counts are 64 bits wide
//! because SQL has no unsigned numbers.

pub(crate) mod budget;
pub(crate) mod client;
pub(crate) mod form;
pub(crate) mod installation;
pub(crate) mod lease;
pub(crate) mod login_token;
pub(crate) mod message;
pub(crate) mod node;
pub(crate) mod role;
pub(crate) mod session;
pub(crate) mod user;
pub(crate) mod user_key;

/// What SeaORM asks of every entity and these have no use for: relations and hooks.
macro_rules! plain {
    () => {
        #[derive(Copy, Clone, Debug, sea_orm::EnumIter, sea_orm::DeriveRelation)]
        pub(crate) enum Relation {}

        impl sea_orm::ActiveModelBehavior for ActiveModel {}
    };
}
use plain;
