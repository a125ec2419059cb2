//! A load balancer, as far as its clients see it.

use std::sync::{
    RwLock,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::RequestBuilder;
use vestibule_tests::Caller;

/// Sends each request to the next node there is. Where nobody listens it tries the next one, as every balancer does:
/// nothing was sent yet. What was sent is never sent again.
#[derive(Default)]
pub(super) struct Balancer {
    nodes: RwLock<Vec<Caller>>,
    turn: AtomicUsize,
    sent: AtomicUsize,
}

impl Balancer {
    /// From now on to these nodes.
    pub(super) fn send_to(&self, nodes: impl IntoIterator<Item = Caller>) {
        *self.nodes.write().unwrap() = nodes.into_iter().collect();
    }

    /// How many requests were answered.
    pub(super) fn answered(&self) -> usize {
        self.sent.load(Ordering::Relaxed)
    }

    /// The status and body of an answer, or why there is none.
    pub(super) async fn send(&self, request: impl Fn(&Caller) -> RequestBuilder) -> Result<(u16, String), String> {
        for _ in 0..3 {
            let node = {
                let nodes = self.nodes.read().unwrap();
                nodes[self.turn.fetch_add(1, Ordering::Relaxed) % nodes.len()].clone()
            };
            let answer = match request(&node).send().await {
                Err(error) if error.is_connect() => continue,
                answer => answer.map_err(|error| format!("{error:?}"))?,
            };
            let status = answer.status().as_u16();
            let body = answer.text().await.map_err(|error| format!("{error:?}"))?;
            self.sent.fetch_add(1, Ordering::Relaxed);
            return Ok((status, body));
        }
        Err("no node accepts connections".to_owned())
    }
}
