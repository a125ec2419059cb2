//! What a database's errors mean to the application.

use std::error::Error;

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};
use vestibule_application::ports::{CommitError, Conflict, StoreError};

/// The store did not do what it was asked.
pub(super) fn unavailable(why: impl Into<Box<dyn Error + Send + Sync>>) -> StoreError {
    StoreError::Unavailable(why.into())
}

/// A read failed: because a value of this kind has another type than its column should, or because the store did.
pub(super) fn unread(kind: &'static str, error: DbErr) -> StoreError {
    if is_about_a_value(&error) { StoreError::Malformed(kind) } else { unavailable(error) }
}

/// An insert failed: for a unique key that is taken, or because the store did.
pub(super) fn not_inserted(taken: Conflict, error: DbErr) -> CommitError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => taken.into(),
        _ => unavailable(error).into(),
    }
}

/// Whether the database broke a transaction off because it and others waited for each other, or could not have run one
/// after the other.
///
/// A lock that was not had in time is none of these: its transaction has waited long enough.
pub(super) fn is_lost_race(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    let SqlxError::Database(error) = error.as_ref() else { return false };
    // SQLSTATE classes, the same for both: MySQL tells a deadlock as a serialization failure, PostgreSQL by itself.
    matches!(error.code().as_deref(), Some("40001" | "40P01"))
}

fn is_about_a_value(error: &DbErr) -> bool {
    if let DbErr::Query(RuntimeErr::SqlxError(error)) = error {
        return matches!(**error, SqlxError::ColumnDecode { .. } | SqlxError::Decode(_));
    }
    matches!(error, DbErr::Type(_) | DbErr::TryIntoErr { .. })
}
