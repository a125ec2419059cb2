//! A load balancer, as far as its clients see it.

use std::sync::{
    RwLock,
    atomic::{AtomicUsize, Ordering},
};

use reqwest::RequestBuilder;
use vestibule_tests::Caller;

/// Sends each request to the next node of those it was told of, once: a node that refuses it has failed it.
#[derive(Default)]
pub(super) struct Balancer {
    nodes: RwLock<Vec<Caller>>,
    turn: AtomicUsize,
    answered: AtomicUsize,
}

impl Balancer {
    /// From now on to these nodes.
    pub(super) fn send_to(&self, nodes: impl IntoIterator<Item = Caller>) {
        *self.nodes.write().unwrap() = nodes.into_iter().collect();
    }

    /// How many requests were answered.
    pub(super) fn answered(&self) -> usize {
        self.answered.load(Ordering::Relaxed)
    }

    /// The status and body of an answer, or why there is none.
    pub(super) async fn send(&self, request: impl Fn(&Caller) -> RequestBuilder) -> Result<(u16, String), String> {
        let node = {
            let nodes = self.nodes.read().unwrap();
            nodes[self.turn.fetch_add(1, Ordering::Relaxed) % nodes.len()].clone()
        };
        let answer = request(&node).send().await.map_err(|error| format!("{error:?}"))?;
        let status = answer.status().as_u16();
        let body = answer.text().await.map_err(|error| format!("{error:?}"))?;
        self.answered.fetch_add(1, Ordering::Relaxed);
        Ok((status, body))
    }
}
