//! Nodes that are restarted while they are used.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use reqwest::Method;
use serde_json::Value;
use tokio::{task::JoinSet, time::sleep};
use vestibule_tests::{PASSWORD, Process};

use super::{balancer::Balancer, nodes::Nodes};

/// Clients that never rest.
const CLIENTS: usize = 8;

/// How long a balancer goes on sending requests to a node that was asked to end, until somebody tells it.
const NOT_TOLD_YET: Duration = Duration::from_millis(300);

/// Restarts each of three nodes in turn under load.
pub(super) async fn nodes_restarted_in_turn_lose_no_request_and_no_session(storage: &str) {
    let mut nodes = Nodes::start(storage, 3).await;
    nodes.visitors(CLIENTS).await;
    let (balancer, stop) = (Arc::<Balancer>::default(), Arc::<AtomicBool>::default());
    balancer.send_to(nodes.processes.iter().map(|process| process.caller.clone()));
    let mut clients = JoinSet::new();
    for client in 0..CLIENTS {
        let client = Client { email: format!("user{client}@example.com"), balancer: Arc::clone(&balancer) };
        clients.spawn(client.goes_on_until(Arc::clone(&stop)));
    }
    for _ in 0..3 {
        under_load(&balancer).await;
        let node = nodes.processes.remove(0);
        node.terminate().await;
        sleep(NOT_TOLD_YET).await;
        balancer.send_to(nodes.processes.iter().map(|process| process.caller.clone()));
        assert_eq!(Process::ended(node).await, Some(0));
        let restarted = nodes.one_more().await;
        nodes.processes.push(restarted);
        balancer.send_to(nodes.processes.iter().map(|process| process.caller.clone()));
    }
    under_load(&balancer).await;
    stop.store(true, Ordering::Relaxed);
    let failures: Vec<String> = clients.join_all().await.into_iter().filter_map(Result::err).collect();
    eprintln!("{} requests were answered", balancer.answered());
    assert_eq!(failures, [""; 0]);
}

/// Waits until so much was answered that whatever is wrong would have shown, unless clients gave up.
async fn under_load(balancer: &Balancer) {
    let (before, patient_until) = (balancer.answered(), Instant::now() + Duration::from_secs(30));
    while balancer.answered() < before + 50 * CLIENTS && Instant::now() < patient_until {
        sleep(Duration::from_millis(10)).await;
    }
}

struct Client {
    email: String,
    balancer: Arc<Balancer>,
}

impl Client {
    /// Keeps one session throughout, and begins and ends others.
    async fn goes_on_until(self, stop: Arc<AtomicBool>) -> Result<(), String> {
        let kept = self.begin().await?;
        while !stop.load(Ordering::Relaxed) {
            let session = self.begin().await?;
            self.expect(&session, true).await?;
            let end = format!("/session/logout/?session_key={session}");
            let (status, body) = self.balancer.send(|node| node.request(Method::GET, &end)).await?;
            if status != 200 {
                return Err(format!("ending a session is answered {status}: {body}"));
            }
            self.expect(&session, false).await?;
            self.expect(&kept, true).await?;
        }
        Ok(())
    }

    async fn begin(&self) -> Result<String, String> {
        let fields = [("email", self.email.as_str()), ("password", PASSWORD)];
        let login = self.balancer.send(|node| node.request(Method::POST, "/session/login/").form(&fields)).await?;
        let answer: Value = serde_json::from_str(&login.1).map_err(|error| format!("{error}: {login:?}"))?;
        Ok(answer["session_key"].as_str().ok_or_else(|| format!("a login is answered {login:?}"))?.to_owned())
    }

    async fn expect(&self, session: &str, live: bool) -> Result<(), String> {
        let read = |node: &vestibule_tests::Caller| node.request(Method::GET, "/session/user").bearer_auth(session);
        let (status, body) = self.balancer.send(read).await?;
        let expected = if live { 200 } else { 401 };
        if status == expected { Ok(()) } else { Err(format!("a session that is live: {live} is {status}: {body}")) }
    }
}
