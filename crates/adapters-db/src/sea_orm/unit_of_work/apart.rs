//! Units of work in a transaction each.

use std::{error::Error, iter};

use sea_orm::{DatabaseConnection, DatabaseTransaction, DbErr, TransactionTrait};
use vestibule_application::ports::StoreError;

use super::{
    super::error::{is_lost_race, unavailable},
    WRITE, Work,
};

/// How often a unit is tried that the database breaks off for the sake of others.
const TRIES: u32 = 10;

/// Runs a unit again when the database broke it off because it and others waited for each other.
pub(super) async fn until_not_broken_off<T, E: From<StoreError> + Error + 'static>(
    writes: &DatabaseConnection,
    work: &(impl for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, T, E> + Sync),
) -> Result<T, E> {
    for _ in 1..TRIES {
        match once(writes, work).await {
            Err(error) if is_broken_off(&error) => {}
            done => return done,
        }
    }
    once(writes, work).await
}

pub(in crate::sea_orm) async fn once<T, E: From<StoreError>>(
    writes: &DatabaseConnection,
    work: &(impl for<'a> Fn(&'a DatabaseTransaction) -> Work<'a, T, E> + Sync),
) -> Result<T, E> {
    let tx = writes.begin_with_options(WRITE).await.map_err(unavailable)?;
    match work(&tx).await {
        Ok(done) => {
            tx.commit().await.map_err(unavailable)?;
            Ok(done)
        }
        Err(error) => {
            // Should this fail too, dropping the transaction rolls it back before the connection is used again.
            let _ = tx.rollback().await;
            Err(error)
        }
    }
}

/// Whether the database rolled the unit back because of others, so that it may succeed when it is tried again.
fn is_broken_off(error: &(dyn Error + 'static)) -> bool {
    iter::successors(Some(error), |&error| error.source())
        .find_map(|error| error.downcast_ref::<DbErr>())
        .is_some_and(is_lost_race)
}
