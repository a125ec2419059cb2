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
use utoipa::ToSchema;
use vestibule_application::ports::{Health, StoreError};

use crate::{
    media_type,
    openapi::{ALWAYS, Description},
    reply::{self, JSON},
};

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
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
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
            let before = last.iter().flat_map(|(_, before)| before.iter()).find(|was| was.part == part.name);
            let now = look(part).await;
            tell(part.name, before.is_none_or(|was| was.is_there), &now);
            found.push(Found { part: part.name, is_there: now.is_ok() });
        }
        let found: Arc<[Found]> = found.into();
        *last = Some((Instant::now(), Arc::clone(&found)));
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
        away("part_away", &format!("no sign of life from: {}", missing.join(", ")), &found)
    }
}

/// Asks a part, and says why it gave no sign of life if it did not.
async fn look(part: &Part) -> Result<(), StoreError> {
    let late = |_| StoreError::Unavailable(format!("nothing within {} s", PATIENCE.as_secs()).into());
    timeout(PATIENCE, part.health.ping()).await.map_err(late)?
}

/// Tells the log what has changed, once.
fn tell(part: &str, was_there: bool, now: &Result<(), StoreError>) {
    match now {
        Err(StoreError::Unavailable(cause)) if was_there => {
            tracing::error!(part, %cause, "gives no sign of life: the service is not ready");
        }
        Err(StoreError::Malformed(what)) if was_there => {
            tracing::error!(part, what, "a stored value is malformed: the service is not ready");
        }
        Ok(()) if !was_there => tracing::info!(part, "is there again"),
        Ok(()) | Err(_) => {}
    }
}

/// Where [`router`] answers.
pub(super) const PATHS: [&str; 2] = ["/health/live", "/health/ready"];

/// `GET /health/live`: the process answers. `GET /health/ready`: it can answer requests, or 503 and what is missing.
pub fn router(readiness: Arc<Readiness>) -> Router {
    let ready = get(async move || readiness.answer().await);
    let [at_live, at_ready] = PATHS;
    Router::new().route(at_live, get(async || well())).route(at_ready, ready)
}

/// What `GET /health/live` is to its callers.
pub(super) fn describe_live() -> Description {
    Description::new("Tells that the process answers.")
        .answers::<Well>(StatusCode::OK, media_type::JSON, "It does.")
        .answers_each::<reply::Problem>(media_type::PROBLEM, &ALWAYS)
}

/// What `GET /health/ready` is to its callers.
pub(super) fn describe_ready() -> Description {
    let unavailable = StatusCode::SERVICE_UNAVAILABLE;
    Description::new("Tells whether requests can be answered.")
        .detail("What was found counts for a second.")
        .answers::<Well>(StatusCode::OK, media_type::JSON, "They can.")
        .answers_each::<reply::Problem>(media_type::PROBLEM, &ALWAYS)
        .answers::<Away<'_>>(unavailable, media_type::PROBLEM, "A part is away, or the service is about to end.")
}

#[derive(Serialize, ToSchema)]
struct Well {
    status: &'static str,
}

fn well() -> Response {
    reply::json(StatusCode::OK, JSON, &Well { status: "pass" })
}

/// A problem document (RFC 9457) that says of each part whether it is there.
#[derive(Serialize, ToSchema)]
struct Away<'a> {
    #[serde(flatten)]
    problem: reply::Problem<'a>,
    parts: &'a [Found],
}

fn away(code: &'static str, detail: &str, parts: &[Found]) -> Response {
    let problem = reply::Problem::new(StatusCode::SERVICE_UNAVAILABLE, code, detail);
    reply::json(StatusCode::SERVICE_UNAVAILABLE, reply::PROBLEM, &Away { problem, parts })
}
