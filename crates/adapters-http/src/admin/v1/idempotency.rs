//! Creations that may be asked for twice: whoever sends an `Idempotency-Key` again gets the answer of the first time.
//!
//! Kept in the memory of one process for a day, made secrets included, so that a repeated request through another process
//! of the service creates something else or finds the name taken.

use std::{
    collections::HashMap,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{body::Bytes, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION};
use serde::Serialize;
use utoipa::IntoParams;
use vestibule_domain::time::Timestamp;

use super::{Problem, tag::tag};
use crate::reply::{self, JSON};

const KEPT: Duration = Duration::from_hours(24);
/// The most answers that are kept; the oldest go first.
const MOST: usize = 10_000;
const HEADER: &str = "idempotency-key";
const LONGEST: usize = 200;

/// The header, for the document.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub(super) struct KeyParam {
    /// What is asked for twice with the same key and body is done once, and answered alike for a day.
    #[param(rename = "Idempotency-Key", pattern = "^[!-~]{1,200}$", nullable = false)]
    _key: Option<String>,
}

/// What was created, as it is answered.
#[derive(Clone)]
pub(super) struct Created {
    location: Option<HeaderValue>,
    tag: HeaderValue,
    body: Bytes,
}

impl Created {
    /// What is shown like this, to be found there if anywhere.
    pub(super) fn new(shown: &impl Serialize, location: Option<String>) -> Self {
        let body = serde_json::to_vec(shown).unwrap_or_default().into();
        Self { location: location.and_then(|path| HeaderValue::from_str(&path).ok()), tag: tag(shown), body }
    }

    /// The tag under which it is found later, where what is shown now has more in it.
    pub(super) fn tagged(self, later: &impl Serialize) -> Self {
        Self { tag: tag(later), ..self }
    }

    fn answer(self) -> Response {
        let mut response = reply::empty(StatusCode::CREATED);
        *response.body_mut() = self.body.into();
        let headers = response.headers_mut();
        headers.insert(http::header::CONTENT_TYPE, JSON);
        headers.insert(http::header::ETAG, self.tag);
        headers.extend(self.location.map(|location| (LOCATION, location)));
        response
    }
}

struct Entry {
    of: [u8; 32],
    at: Timestamp,
    /// Nothing while it is being created.
    created: Option<Created>,
}

/// The answers that may be asked for again.
#[derive(Default)]
pub(super) struct Answers(Mutex<HashMap<(String, String), Entry>>);

/// One request to create something.
pub(super) struct Attempt<'a> {
    pub(super) operator: &'a str,
    /// What of, so that one key is not good for two kinds of things.
    pub(super) kind: &'static str,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) now: Timestamp,
}

impl Answers {
    /// Creates, unless it was created already for the same operator, key and body.
    pub(super) async fn once(
        &self,
        attempt: Attempt<'_>,
        create: impl Future<Output = Result<Created, Problem>>,
    ) -> Result<Response, Problem> {
        let Some(key) = attempt.headers.get(HEADER) else { return Ok(create.await?.answer()) };
        let key = key.to_str().ok().filter(|key| (1..=LONGEST).contains(&key.len()) && !key.contains(' '));
        let key = key.ok_or_else(|| Problem::malformed("Idempotency-Key: 1 to 200 visible ASCII characters"))?;
        let key = (attempt.operator.to_owned(), key.to_owned());
        if let Some(created) = self.earlier(&key, &attempt)? {
            return Ok(created.answer());
        }
        let created = create.await;
        let mut entries = self.entries();
        match &created {
            Ok(created) => {
                if let Some(entry) = entries.get_mut(&key) {
                    entry.created = Some(created.clone());
                }
            }
            // Nothing was created: it may be tried again.
            Err(_) => drop(entries.remove(&key)),
        }
        created.map(Created::answer)
    }

    /// What was created before; else the key is taken from now on.
    fn earlier(&self, key: &(String, String), attempt: &Attempt<'_>) -> Result<Option<Created>, Problem> {
        let of = *blake3::hash(&[attempt.kind.as_bytes(), b"\n", attempt.body].concat()).as_bytes();
        let mut entries = self.entries();
        entries.retain(|_, entry| attempt.now < entry.at.plus(KEPT));
        if let Some(entry) = entries.get(key) {
            if entry.of != of {
                let detail = "this Idempotency-Key came with another request before: take a new one";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail));
            }
            let detail = "the first request with this Idempotency-Key is still being worked on: ask again in a moment";
            let in_progress = || Problem::new(StatusCode::CONFLICT, "in_progress", detail);
            return entry.created.clone().ok_or_else(in_progress).map(Some);
        }
        if entries.len() >= MOST
            && let Some(oldest) = entries.iter().min_by_key(|(_, entry)| entry.at).map(|(key, _)| key.clone())
        {
            entries.remove(&oldest);
        }
        entries.insert(key.clone(), Entry { of, at: attempt.now, created: None });
        Ok(None)
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<(String, String), Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
