//! Whether the service is well: for probes, which ask often and have no token.

#[cfg(test)]
mod tests;

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Router, response::Response, routing::get};
use http::StatusCode;
use serde::Serialize;
use tokio::{
    sync::Mutex,
    time::{Instant, timeout},
};
use vestibule_application::ports::Health;

use crate::reply::{self, JSON};

/// How long a part may take to give a sign of life: a request would not wait for it much longer either.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long what was found counts, however often somebody asks.
const KEPT: Duration = Duration::from_secs(1);

/// Something without which requests cannot be answered.
#[derive(Clone)]
pub struct Part {
    /// What it is called, in a word.
    pub name: &'static str,
    /// How it is asked.
    pub health: Arc<dyn Health>,
}

/// Whether a part was there when it was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The part.
    pub part: &'static str,
    /// Whether it gave a sign of life.
    pub is_there: bool,
}

/// Whether requests can be answered, looked into once a second at most.
pub struct Readiness {
    parts: Vec<Part>,
    leaving: Arc<AtomicBool>,
    /// Whoever asks while somebody looks waits for what they find.
    last: Mutex<Option<(Instant, Arc<[Found]>)>>,
}

impl Readiness {
    /// Of a service that needs these parts, until it is `leaving`.
    pub fn new(parts: Vec<Part>, leaving: Arc<AtomicBool>) -> Self {
        Self { parts, leaving, last: Mutex::default() }
    }

    /// Which parts are there, as of a second ago or later.
    pub async fn parts(&self) -> Arc<[Found]> {
        let mut last = self.last.lock().await;
        if let Some((at, found)) = last.as_ref()
            && at.elapsed() < KEPT
        {
            return Arc::clone(found);
        }
        let mut found = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            found.push(look(part).await);
        }
        let found: Arc<[Found]> = found.into();
        let before = last.replace((Instant::now(), Arc::clone(&found)));
        tell(before.as_ref().map(|(_, before)| &**before), &found);
        found
    }

    /// Whether the service is about to end.
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Relaxed)
    }

    async fn answer(&self) -> Response {
        if self.is_leaving() {
            return away("leaving", "the service is about to end: ask another one", &[]);
        }
        let found = self.parts().await;
        let missing: Vec<&str> = found.iter().filter(|found| !found.is_there).map(|found| found.part).collect();
        if missing.is_empty() {
            return well();
        }
        away("part_away", &format!("{} not there: the log says why", missing.join(" and ")), &found)
    }
}

async fn look(part: &Part) -> Found {
    let name = part.name;
    let asked = timeout(PATIENCE, part.health.ping()).await;
    match &asked {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(part = name, error = error as &dyn std::error::Error, "no sign of life"),
        Err(_) => tracing::debug!(part = name, "no sign of life within {} s", PATIENCE.as_secs()),
    }
    Found { part: name, is_there: matches!(asked, Ok(Ok(()))) }
}

/// Tells the log what has changed, once.
fn tell(before: Option<&[Found]>, now: &[Found]) {
    for found in now {
        let was_there = before.is_none_or(|before| before.iter().any(|was| was.part == found.part && was.is_there));
        match (was_there, found.is_there) {
            (true, false) => tracing::error!(part = found.part, "gives no sign of life: the service is not ready"),
            (false, true) => tracing::info!(part = found.part, "is there again"),
            (true, true) | (false, false) => {}
        }
    }
}

/// `GET /health/live`: the process answers. `GET /health/ready`: it can answer requests, or 503 and what is missing.
pub fn router(readiness: Arc<Readiness>) -> Router {
    let ready = get(async move || readiness.answer().await);
    Router::new().route("/health/live", get(async || well())).route("/health/ready", ready)
}

#[derive(Serialize)]
struct Well {
    status: &'static str,
}

fn well() -> Response {
    reply::json(StatusCode::OK, JSON, &Well { status: "pass" })
}

/// A problem document (RFC 9457) that says of each part whether it is there.
#[derive(Serialize)]
struct Away<'a> {
    #[serde(flatten)]
    problem: reply::Problem<'a>,
    parts: &'a [Found],
}

fn away(code: &'static str, detail: &str, parts: &[Found]) -> Response {
    let problem = reply::Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
    reply::json(StatusCode::SERVICE_UNAVAILABLE, reply::PROBLEM, &Away { problem, parts })
}
