//! R3: several processes on one store: what one of them acknowledged holds for all of them at once.

mod balancer;
mod endings;
mod followed;
mod leased;
pub(crate) mod nodes;
mod restarts;

use vestibule_tests::places::{MYSQL, POSTGRES, REDIS, REDIS_CLUSTER, sessions_on, storage_on};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_the_others_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    endings::ended_on_one_is_refused_on_the_others(&storage, 3, 2_000, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_the_others_on_mysql() {
    let Some(storage) = storage_on(MYSQL).await else { return };
    endings::ended_on_one_is_refused_on_the_others(&storage, 2, 200, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_the_others_on_postgresql_and_redis() {
    let (Some(storage), Some(sessions)) = (storage_on(POSTGRES).await, sessions_on(REDIS)) else { return };
    endings::ended_on_one_is_refused_on_the_others(&(storage + &sessions), 3, 500, 100).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_the_others_on_postgresql_and_a_redis_cluster() {
    let (Some(storage), Some(sessions)) = (storage_on(POSTGRES).await, sessions_on(REDIS_CLUSTER)) else { return };
    endings::ended_on_one_is_refused_on_the_others(&(storage + &sessions), 2, 100, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_whom_the_operator_shuts_out_is_refused_by_every_node_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    endings::whom_the_operator_shuts_out_is_refused_by_every_node(&storage, 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_whom_the_operator_shuts_out_is_refused_by_every_node_on_mysql() {
    let Some(storage) = storage_on(MYSQL).await else { return };
    endings::whom_the_operator_shuts_out_is_refused_by_every_node(&storage, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_restarted_in_turn_lose_no_request_and_no_session_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    restarts::nodes_restarted_in_turn_lose_no_request_and_no_session(&storage).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_whom_the_operator_shuts_out_is_refused_by_every_node_on_postgresql_and_redis() {
    let (Some(storage), Some(sessions)) = (storage_on(POSTGRES).await, sessions_on(REDIS)) else { return };
    endings::whom_the_operator_shuts_out_is_refused_by_every_node(&(storage + &sessions), 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_restarted_in_turn_lose_no_request_and_no_session_on_postgresql_and_redis() {
    let (Some(storage), Some(sessions)) = (storage_on(POSTGRES).await, sessions_on(REDIS)) else { return };
    restarts::nodes_restarted_in_turn_lose_no_request_and_no_session(&(storage + &sessions)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_a_node_that_remembers_sessions_for_a_second_is_noticed() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let shared = endings::Shared::start(&storage, 2, Some("remembers-sessions")).await;
    let accepted = shared.accepted_one_by_one(30).await;
    eprintln!("{accepted} of 30 sessions were accepted after their end");
    assert!(accepted > 0);
}
