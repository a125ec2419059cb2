//! Creations that may be asked for twice: whoever sends an `Idempotency-Key` again gets the answer of the first time.
//!
//! Kept in the memory of one process for a day, made secrets included, so that a repeated request through another process
//! of the service creates something else or finds the name taken.

#[cfg(test)]
mod tests;

use std::{
    collections::HashMap,
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{body::Bytes, response::Response};
use http::{
    HeaderMap, HeaderValue, StatusCode,
    header::{CONTENT_TYPE, ETAG, LOCATION},
};
use serde::Serialize;
use utoipa::IntoParams;
use vestibule_domain::time::Timestamp;

use super::{Problem, tag::tag};
use crate::reply::{self, JSON};

const KEPT: Duration = Duration::from_hours(24);
/// The most answers that are kept for one operator; their oldest go first, and nobody else's.
const MOST: usize = 1_000;
const FULL_RETRY: Duration = Duration::from_secs(5);
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
    body: Bytes,
    /// Where it is found from now on, and its tag there.
    later: Option<(HeaderValue, HeaderValue)>,
}

impl Created {
    /// What is shown like this, once.
    pub(super) fn new(shown: &impl Serialize) -> Self {
        Self { body: serde_json::to_vec(shown).unwrap_or_default().into(), later: None }
    }

    /// The same, which is found there from now on. Its tag is then of what is shown there, or of what of that lasts: now
    /// there may be more in it.
    pub(super) fn found_at(self, location: &str, lasting: &impl Serialize) -> Self {
        let location = HeaderValue::from_str(location).ok();
        Self { later: location.map(|location| (location, tag(lasting))), ..self }
    }

    fn answer(self) -> Response {
        let mut response = reply::empty(StatusCode::CREATED);
        *response.body_mut() = self.body.into();
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, JSON);
        if let Some((location, tag)) = self.later {
            headers.insert(LOCATION, location);
            headers.insert(ETAG, tag);
        }
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
pub(super) struct Answers(Mutex<HashMap<String, Entries>>);

/// Those of one operator, by key. While something is being created its entry stays, so that it is found there afterwards
/// by whoever put it there, and never somebody else's.
type Entries = HashMap<String, Entry>;

/// A key that is taken while something is created, and free again if nothing is: also after a panic.
struct Taken<'a> {
    answers: &'a Answers,
    operator: &'a str,
    key: &'a str,
}

impl Taken<'_> {
    fn created(&self, created: &Created) {
        let mut operators = self.answers.operators();
        if let Some(entry) = operators.get_mut(self.operator).and_then(|entries| entries.get_mut(self.key)) {
            entry.created = Some(created.clone());
        }
    }
}

impl Drop for Taken<'_> {
    fn drop(&mut self) {
        if let Some(entries) = self.answers.operators().get_mut(self.operator)
            && entries.get(self.key).is_some_and(|entry| entry.created.is_none())
        {
            entries.remove(self.key);
        }
    }
}

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
        if let Some(created) = self.earlier(key, &attempt)? {
            return Ok(created.answer());
        }
        let taken = Taken { answers: self, operator: attempt.operator, key };
        // What fails may be tried again. Mostly nothing was created then; but where the store did not answer to the commit
        // nobody knows, and the second attempt finds the name taken or makes another token.
        let created = create.await?;
        taken.created(&created);
        Ok(created.answer())
    }

    /// What was created before; else the key is taken from now on.
    fn earlier(&self, key: &str, attempt: &Attempt<'_>) -> Result<Option<Created>, Problem> {
        let of = *blake3::hash(&[attempt.kind.as_bytes(), b"\n", attempt.body].concat()).as_bytes();
        let mut operators = self.operators();
        operators.retain(|_, entries| {
            entries.retain(|_, entry| entry.created.is_none() || attempt.now < entry.at.plus(KEPT));
            !entries.is_empty()
        });
        let entries = operators.entry(attempt.operator.to_owned()).or_default();
        if let Some(entry) = entries.get(key) {
            if entry.of != of {
                let detail = "this Idempotency-Key came with another request before: take a new one";
                return Err(Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail));
            }
            let detail = "the first request with this Idempotency-Key is still being worked on: ask again in a moment";
            let in_progress = || Problem::new(StatusCode::CONFLICT, "in_progress", detail);
            return entry.created.clone().ok_or_else(in_progress).map(Some);
        }
        if entries.len() >= MOST {
            let done = entries.iter().filter(|(_, entry)| entry.created.is_some());
            let oldest = done.min_by_key(|(_, entry)| entry.at).map(|(key, _)| key.clone());
            let busy = || Problem::later(FULL_RETRY, "too much of yours is being created: ask again in a moment");
            entries.remove(&oldest.ok_or_else(busy)?);
        }
        entries.insert(key.to_owned(), Entry { of, at: attempt.now, created: None });
        Ok(None)
    }

    fn operators(&self) -> MutexGuard<'_, HashMap<String, Entries>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
