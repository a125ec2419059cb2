//! The same with memory: nodes that follow the message log (`storage.follow_log`).

use vestibule_tests::places::{FOLLOW_LOG, MYSQL, POSTGRES, storage_on};

use super::{endings, nodes::Nodes, restarts};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_those_that_follow_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    endings::ended_on_one_is_refused_on_the_others(&(storage + FOLLOW_LOG), 3, 2_000, 200).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_those_that_follow_on_mysql() {
    let Some(storage) = storage_on(MYSQL).await else { return };
    endings::ended_on_one_is_refused_on_the_others(&(storage + FOLLOW_LOG), 2, 200, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_whom_the_operator_shuts_out_is_refused_by_every_node_that_follows_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    endings::whom_the_operator_shuts_out_is_refused_by_every_node(&(storage + FOLLOW_LOG), 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_whom_the_operator_shuts_out_is_refused_by_every_node_that_follows_on_mysql() {
    let Some(storage) = storage_on(MYSQL).await else { return };
    endings::whom_the_operator_shuts_out_is_refused_by_every_node(&(storage + FOLLOW_LOG), 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_follow_restarted_in_turn_lose_no_request_and_no_session_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    restarts::nodes_restarted_in_turn_lose_no_request_and_no_session(&(storage + FOLLOW_LOG)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_a_node_that_has_memory_and_does_not_follow_is_noticed() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let shared = endings::Shared::start(&(storage + FOLLOW_LOG), 2, Some("does-not-follow")).await;
    let accepted = shared.accepted_one_by_one(30).await;
    eprintln!("{accepted} of 30 sessions were accepted after their end");
    assert!(accepted > 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_follow_answer_from_memory_as_their_metrics_tell() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let nodes = Nodes::start(&(storage + FOLLOW_LOG), 2).await;
    let visitors = nodes.visitors(1).await;
    let token = visitors[0].begin("dood", nodes.at(0)).await;
    for _ in 0..10 {
        assert!(visitors[0].reads("vprotect bearer", nodes.at(1), &token).await);
    }
    let metrics = nodes.processes[1].admin.as_ref().unwrap().get("/metrics").await;
    let hits = metrics.body.lines().find_map(|line| line.strip_prefix("vestibule_cache_hits_total "));
    // The session and its user, but for the first time.
    assert!(hits.unwrap().parse::<u32>().unwrap() >= 16, "{hits:?}");
}
