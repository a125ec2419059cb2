//! Callers who hang up half-way, on PostgreSQL, whose driver then leaves transactions open on its connections.

use std::{future::poll_fn, pin::Pin, task::Poll};

use sea_orm::{ConnectionTrait, DbBackend, Statement, TransactionTrait};
use vestibule_application::ports::{SessionStore, UnitOfWork};

use super::{
    server::{POSTGRES, Place},
    together::{begin, id},
};

/// Polls a future at most so often, then drops it.
async fn hang_up<T>(mut future: impl Future<Output = T> + Unpin, polls: u128) {
    for _ in 0..polls {
        let is_done = poll_fn(|context| Poll::Ready(Pin::new(&mut future).poll(context).is_ready())).await;
        if is_done {
            return;
        }
        tokio::task::yield_now().await;
    }
}

/// TX-6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_after_others_hung_up_outlives_every_connection() {
    let Some(place) = Place::on(POSTGRES).await else { return };
    let store = place.migrated().await;
    for round in 0..200 {
        hang_up(store.commit(vec![begin(1000 + round)]), round % 6).await;
        store.commit(vec![begin(round)]).await.unwrap();
    }
    let foreign = place.foreign().await;
    foreign
        .execute_unprepared(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .await
        .unwrap();
    let store = place.connect().await;
    for round in 0..200 {
        assert!(SessionStore::by_id(&store, id(round)).await.unwrap().is_some(), "session {round} is lost");
    }
}

/// Not about the store, but about what it guards against: should the driver be mended, its guard may go.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "about the driver: to be run when it is updated, with `cargo xtask test -- --ignored`"]
async fn the_driver_still_leaves_transactions_open() {
    let Some(place) = Place::on(POSTGRES).await else { return };
    place.migrated().await;
    let unguarded = place.foreign().await;
    unguarded.execute_unprepared("CREATE TABLE kept (round bigint)").await.unwrap();
    for round in 0..200 {
        hang_up(unguarded.begin(), round % 4).await;
        unguarded.execute_unprepared(&format!("INSERT INTO kept VALUES ({round})")).await.unwrap();
    }
    let all = "SELECT 1 FROM kept HAVING count(*) = 200";
    let foreign = place.foreign().await;
    let kept = foreign.query_one_raw(Statement::from_string(DbBackend::Postgres, all)).await.unwrap();
    assert!(kept.is_none(), "nothing was lost: is the guard still needed?");
}
