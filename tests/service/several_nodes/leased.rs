//! The same without asking: nodes that hold leases (`storage.leases`), for which whoever writes waits.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use vestibule_tests::places::{FOLLOW_LOG, LEASES, MYSQL, POSTGRES, storage_on};

use super::{endings, nodes::Nodes, restarts};

/// As long as a node that does not hear is waited for, and a little less.
const WAITED_FOR: Duration = Duration::from_millis(900);

/// How long it is until a node that has lost its lease takes another, and a little more.
const RESTS: Duration = Duration::from_millis(10_500);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_those_that_hold_leases_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    endings::ended_on_one_is_refused_on_the_others(&(storage + LEASES), 3, 800, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_ended_on_one_node_is_refused_on_those_that_hold_leases_on_mysql() {
    let Some(storage) = storage_on(MYSQL).await else { return };
    endings::ended_on_one_is_refused_on_the_others(&(storage + LEASES), 2, 100, 10).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_whom_the_operator_shuts_out_is_refused_by_every_node_that_holds_a_lease_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    endings::whom_the_operator_shuts_out_is_refused_by_every_node(&(storage + LEASES), 3).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_hold_leases_restarted_in_turn_lose_no_request_and_no_session_on_postgresql() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    restarts::nodes_restarted_in_turn_lose_no_request_and_no_session(&(storage + LEASES)).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_a_node_that_believes_what_it_holds_no_lease_for_is_noticed() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let shared = endings::Shared::start(&(storage + FOLLOW_LOG), 2, Some("believes-without-a-lease")).await;
    let accepted = shared.accepted_one_by_one(60).await;
    eprintln!("{accepted} of 60 sessions were accepted after their end");
    assert!(accepted > 0);
}

/// On a machine that is busy enough a node may hold no lease for a while. Then it asks, and there is nothing to be seen here.
const TRIES: usize = 4;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_a_node_that_stood_still_refuses_what_others_ended_meanwhile() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let nodes = Nodes::start(&(storage + LEASES), 2).await;
    let visitors = nodes.visitors(1).await;
    let visitor = &visitors[0];
    for _ in 0..TRIES {
        let token = visitor.begin("vprotect", nodes.at(0)).await;
        for _ in 0..20 {
            assert!(visitor.reads("vprotect bearer", nodes.at(1), &token).await);
        }
        nodes.processes[1].signal("STOP").await;
        let begun = Instant::now();
        visitor.end("vprotect logout", nodes.at(0), &token).await;
        let waited = begun.elapsed();
        nodes.processes[1].signal("CONT").await;
        assert!(!visitor.reads("vprotect bearer", nodes.at(1), &token).await);
        if waited >= WAITED_FOR {
            return;
        }
        sleep(RESTS).await;
    }
    panic!("it could not hear, and nobody waited for it");
}

/// It comes late to what it was waiting for, and finds that everybody has heard of other things since.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn r3_a_node_that_stood_still_while_it_wrote_strikes_nobody_out() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let nodes = Nodes::start(&(storage + LEASES), 3).await;
    let visitors = nodes.visitors(1).await;
    let visitor = &visitors[0];
    for round in 0..5 {
        let (one, other) = (visitor.begin("vprotect", nodes.at(0)).await, visitor.begin("vprotect", nodes.at(1)).await);
        for _ in 0..20 {
            assert!(visitor.reads("vprotect bearer", nodes.at(2), &other).await);
        }
        let writes = async {
            visitor.end("vprotect logout", nodes.at(0), &one).await;
        };
        let stops = async {
            sleep(Duration::from_millis(3)).await;
            nodes.processes[0].signal("STOP").await;
            sleep(WAITED_FOR).await;
            let ended = visitor.end("vprotect logout", nodes.at(1), &other);
            let goes_on = nodes.processes[0].signal("CONT");
            tokio::join!(ended, goes_on);
            assert!(!visitor.reads("vprotect bearer", nodes.at(2), &other).await, "in round {round}");
        };
        tokio::join!(writes, stops);
        assert!(!visitor.reads("vprotect bearer", nodes.at(2), &one).await, "in round {round}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_was_killed_is_waited_for_once() {
    let Some(storage) = storage_on(POSTGRES).await else { return };
    let mut nodes = Nodes::start(&(storage + LEASES), 1).await;
    let visitors = nodes.visitors(1).await;
    let visitor = &visitors[0];
    for _ in 0..TRIES {
        let another = nodes.one_more().await;
        nodes.processes.push(another);
        let token = visitor.begin("vprotect", nodes.at(0)).await;
        for _ in 0..20 {
            assert!(visitor.reads("vprotect bearer", nodes.at(1), &token).await);
        }
        nodes.processes.remove(1).kill().await;
        let begun = Instant::now();
        visitor.end("vprotect logout", nodes.at(0), &token).await;
        let waited = begun.elapsed();
        let mut quickest = Duration::MAX;
        for _ in 0..5 {
            let token = visitor.begin("vprotect", nodes.at(0)).await;
            let begun = Instant::now();
            visitor.end("vprotect logout", nodes.at(0), &token).await;
            quickest = quickest.min(begun.elapsed());
        }
        assert!(quickest < WAITED_FOR, "it was waited for each time");
        if waited >= WAITED_FOR {
            return;
        }
    }
    panic!("nobody could know that it is gone, and nobody waited for it");
}
