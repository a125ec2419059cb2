//! What a database's errors mean to the application.

use sea_orm::{DbErr, RuntimeErr, SqlErr, SqlxError};
use vestibule_application::ports::{CommitError, Conflict, StoreError};

/// The store did not do what it was asked.
pub(super) fn unavailable(error: DbErr) -> StoreError {
    StoreError::Unavailable(Box::new(error))
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

fn is_about_a_value(error: &DbErr) -> bool {
    if let DbErr::Query(RuntimeErr::SqlxError(error)) = error {
        return matches!(**error, SqlxError::ColumnDecode { .. } | SqlxError::Decode(_));
    }
    matches!(error, DbErr::Type(_) | DbErr::TryIntoErr { .. })
}
