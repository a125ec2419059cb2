//! Ended on one node, by any door or by the operator, is ended on all.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Instant,
};

use tokio::task::JoinSet;
use vestibule_tests::{PASSWORD, Visitor};

use super::nodes::{Nodes, scattered};

/// Sessions that are under way at a time.
const IN_FLIGHT: usize = 16;

/// How an operator ends all sessions of a user.
const WAYS: [&[&str]; 2] = [&["user", "disable"], &["session", "revoke", "--user"]];

/// Nodes that share a store, and users of theirs.
pub(super) struct Shared {
    nodes: Arc<Nodes>,
    visitors: Arc<Vec<Visitor>>,
}

impl Shared {
    /// So many nodes, each without this defence.
    pub(super) async fn start(storage: &str, count: usize, sabotage: Option<&'static str>) -> Self {
        let nodes = Arc::new(Nodes::start_sabotaged(storage, count, sabotage).await);
        let visitors = Arc::new(nodes.visitors(IN_FLIGHT).await);
        Self { nodes, visitors }
    }

    /// Begins so many sessions, on each node in turn, ends each on any node, asks every other node as soon as that is
    /// acknowledged, and counts how often a session is accepted there.
    pub(super) async fn accepted_one_by_one(&self, count: usize) -> usize {
        let (nodes, visitors) = (Arc::clone(&self.nodes), Arc::clone(&self.visitors));
        for_each(count, move |session| {
            let (nodes, visitors) = (Arc::clone(&nodes), Arc::clone(&visitors));
            async move { one_session(&nodes, &visitors[session % IN_FLIGHT], session).await }
        })
        .await
    }

    /// The same with all sessions of a user at once, so many for each of them, ended by the operator.
    async fn accepted_all_at_once(&self, each: usize) -> usize {
        let (nodes, visitors) = (Arc::clone(&self.nodes), Arc::clone(&self.visitors));
        for_each(IN_FLIGHT, move |user| {
            let (nodes, visitors) = (Arc::clone(&nodes), Arc::clone(&visitors));
            async move { all_sessions(&nodes, &visitors[user], WAYS[user % WAYS.len()], each).await }
        })
        .await
    }
}

/// Both.
pub(super) async fn ended_on_one_is_refused_on_the_others(storage: &str, count: usize, one_by_one: usize, each: usize) {
    let shared = Shared::start(storage, count, None).await;
    let accepted = shared.accepted_one_by_one(one_by_one).await;
    assert_eq!(accepted, 0, "sessions that were ended one by one were accepted by other nodes");
    let accepted = shared.accepted_all_at_once(each).await;
    assert_eq!(accepted, 0, "sessions of users who had been shut out were accepted");
}

/// Does this for each number below `end`, several at a time, tells how far it is, and adds up what comes of it.
async fn for_each<F: Future<Output = usize> + Send>(
    end: usize,
    task: impl Fn(usize) -> F + Clone + Send + 'static,
) -> usize {
    let (next, begun) = (Arc::<AtomicUsize>::default(), Instant::now());
    let mut tasks = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (task, next) = (task.clone(), Arc::clone(&next));
        tasks.spawn(async move {
            let mut sum = 0;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return sum;
                }
                sum += task(number).await;
                if number % 500 == 0 {
                    eprintln!("{number} of {end} after {:?}", begun.elapsed());
                }
            }
        });
    }
    let sum = tasks.join_all().await.into_iter().sum();
    eprintln!("{end} took {:?}", begun.elapsed());
    sum
}

/// How many of a user's sessions are accepted by some node, after an operator's process ended them all.
async fn all_sessions(nodes: &Nodes, visitor: &Visitor, way: &[&str], count: usize) -> usize {
    let mut tokens = Vec::new();
    for session in 0..count {
        tokens.push(visitor.begin("dood", nodes.at(session)).await);
    }
    assert!(visitor.reads("vprotect bearer", nodes.at(scattered(0)), &tokens[0]).await);
    let arguments: Vec<_> = way.iter().copied().chain([visitor.login.as_str()]).collect();
    nodes.operate(&arguments, "").await;
    let mut accepted = 0;
    for (session, token) in tokens.iter().enumerate() {
        accepted += usize::from(visitor.reads("vprotect bearer", nodes.at(scattered(session)), token).await);
    }
    accepted
}

/// How many nodes accept a session that another one ended.
async fn one_session(nodes: &Nodes, visitor: &Visitor, session: usize) -> usize {
    let chance = scattered(session);
    // One write each; easydb's way takes two requests.
    let begin = ["dood", "dialogram", "vprotect", "platformos"][chance % 4];
    let token = visitor.begin(begin, nodes.at(session)).await;
    let (end, ending) = (Visitor::END[(chance / 4) % 4], (chance / 16) % nodes.processes.len());
    // Whoever accepted it is more likely to do so again.
    let read = Visitor::READ[(chance / 64) % 5];
    assert!(visitor.reads(read, nodes.at(ending + 1), &token).await, "{session}: begun by {begin}, not read by {read}");
    visitor.end(end, nodes.at(ending), &token).await;
    let mut accepted = 0;
    for other in ending + 1..ending + nodes.processes.len() {
        let read = Visitor::READ[(chance / 64 + other) % 5];
        accepted += usize::from(visitor.reads(read, nodes.at(other), &token).await);
    }
    accepted
}

/// Disables a user, sets a password, revokes sessions and removes a user, each while every node knows their sessions.
pub(super) async fn whom_the_operator_shuts_out_is_refused_by_every_node(storage: &str, count: usize) {
    let nodes = Nodes::start(storage, count).await;
    let visitors = nodes.visitors(4).await;
    for (visitor, before, after) in [
        (&visitors[0], &["user", "disable"][..], &[][..]),
        (&visitors[1], &["user", "password"], &["--password-stdin"]),
        (&visitors[2], &["session", "revoke", "--user"], &[]),
        (&visitors[3], &["user", "remove"], &[]),
    ] {
        let mut tokens = Vec::new();
        for node in 0..count {
            for begin in Visitor::BEGIN {
                tokens.push(visitor.begin(begin, nodes.at(node)).await);
            }
        }
        assert_eq!(accepted(&nodes, visitor, &tokens).await, tokens.len() * Visitor::READ.len() * count);
        let arguments: Vec<_> = before.iter().chain([&visitor.login.as_str()]).chain(after).copied().collect();
        nodes.operate(&arguments, "another s3cret of the night\n").await;
        assert_eq!(accepted(&nodes, visitor, &tokens).await, 0, "after {before:?}");
        for node in 0..count {
            let credentials = [("email", visitor.email.as_str()), ("password", PASSWORD)];
            let answer = nodes.at(node).post_form("/session/login/", &credentials).await;
            // Whose sessions were revoked may begin others.
            assert_eq!(answer.json().get("session_key").is_some(), before[0] == "session", "after {before:?}");
        }
    }
}

/// How often a session is accepted, when each is read everywhere on each node.
async fn accepted(nodes: &Nodes, visitor: &Visitor, tokens: &[String]) -> usize {
    let mut accepted = 0;
    for node in 0..nodes.processes.len() {
        for token in tokens {
            for read in Visitor::READ {
                accepted += usize::from(visitor.reads(read, nodes.at(node), token).await);
            }
        }
    }
    accepted
}
