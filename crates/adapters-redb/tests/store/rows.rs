//! What another program may have done to the tables. How rows are read is tested where they are.

use super::*;

const SESSIONS: TableDefinition<u128, &[u8]> = TableDefinition::new("sessions");

fn is_malformed_session<T>(answer: &Result<T, StoreError>) -> bool {
    matches!(answer, Err(StoreError::Malformed("session")))
}

#[tokio::test]
async fn a_malformed_row_is_an_error_wherever_it_is_met_and_never_a_panic() {
    let place = Place::filled().await;
    let tx = place.foreign().begin_write().unwrap();
    tx.open_table(SESSIONS).unwrap().insert(1, b"{".as_slice()).unwrap();
    tx.commit().unwrap();
    let store = place.open().await;
    assert!(is_malformed_session(&SessionStore::by_id(&store, id(1)).await));
    assert!(is_malformed_session(&SessionStore::by_digest(&store, &digest_of(1)).await));
    let every = SessionFilter { subject: None, live_at: None, after: None, limit: 9 };
    assert!(is_malformed_session(&SessionStore::page(&store, &every).await));
    assert!(is_malformed_session(&store.expire(NOW.plus(Duration::from_hours(9)), 9).await));
    let ended = store.commit(vec![record(), end(1)]).await;
    assert!(matches!(ended, Err(CommitError::Store(StoreError::Malformed("session")))), "{ended:?}");
    assert_eq!(store.latest().await.unwrap(), 1, "nothing of the unit was written");
}

#[tokio::test]
async fn an_index_that_points_nowhere_is_malformed() {
    let place = Place::filled().await;
    let tx = place.foreign().begin_write().unwrap();
    tx.open_table(SESSIONS).unwrap().remove(1).unwrap();
    tx.commit().unwrap();
    let store = place.open().await;
    assert!(is_malformed_session(&SessionStore::by_digest(&store, &digest_of(1)).await));
}

#[tokio::test]
async fn a_missing_latch_is_an_error_and_not_an_unconfigured_system() {
    let place = Place::new();
    drop(place.open().await);
    let tx = place.foreign().begin_write().unwrap();
    tx.open_table(TableDefinition::<(), Option<i64>>::new("installation")).unwrap().remove(()).unwrap();
    tx.commit().unwrap();
    let store = place.open().await;
    assert!(matches!(Installation::state(&store).await, Err(StoreError::Unavailable(_))));
    assert!(store.ping().await.is_err());
}

#[tokio::test]
async fn a_user_without_a_closed_latch_is_a_configured_system_all_the_same() {
    let place = Place::filled().await;
    let tx = place.foreign().begin_write().unwrap();
    tx.open_table(TableDefinition::<(), Option<i64>>::new("installation")).unwrap().insert((), None).unwrap();
    tx.commit().unwrap();
    assert_eq!(Installation::state(&place.open().await).await.unwrap(), SetupState::Configured);
}
