//! What is counted of the requests that one route answers: found with the route, so that nothing is looked up.

use std::time::{Duration, Instant};

use axum::response::Response;
use vestibule_application::meters::{Count, Spans};

use crate::reply;

/// Upper bounds of classes of time: what is answered from memory, from a store, after a hash, and too late.
pub const TIMES: &[Duration] = &[
    Duration::from_micros(250),
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(25),
    Duration::from_millis(100),
    Duration::from_millis(500),
    Duration::from_millis(2500),
    Duration::from_secs(10),
];

/// What has become of a route's requests.
#[derive(Debug)]
pub struct Meter {
    /// By the hundreds of the status, from 1xx to 5xx.
    answered: [Count; 5],
    /// Answers that tell of a refusal or a failure, whatever their status.
    pub refused: Count,
    /// The client was gone before there was an answer.
    pub abandoned: Count,
    /// How long each answer took from the head of the request on.
    pub took: Spans,
}

impl Default for Meter {
    fn default() -> Self {
        let (refused, abandoned) = (Count::default(), Count::default());
        Self { answered: Default::default(), refused, abandoned, took: Spans::new(TIMES) }
    }
}

impl Meter {
    /// Answers by the class of their status, such as `2xx`.
    pub fn answered(&self) -> impl Iterator<Item = (&'static str, u64)> {
        ["1xx", "2xx", "3xx", "4xx", "5xx"].into_iter().zip(self.answered.iter().map(Count::read))
    }

    /// Counts an answer to a request that came then.
    pub(super) fn note(&self, begun: Instant, response: &Response) {
        let class = usize::from(response.status().as_u16() / 100).wrapping_sub(1);
        if let Some(count) = self.answered.get(class) {
            count.one_more();
        }
        if reply::is_refused(response) {
            self.refused.one_more();
        }
        self.took.note(begun.elapsed());
    }

    pub(super) fn begin(&self) -> Timed<'_> {
        Timed { meter: self, begun: Instant::now(), is_answered: false }
    }
}

/// A request under way. Whoever drops it without an answer has abandoned it.
pub(super) struct Timed<'a> {
    meter: &'a Meter,
    begun: Instant,
    is_answered: bool,
}

impl Timed<'_> {
    pub(super) fn answered(mut self, response: &Response) {
        self.is_answered = true;
        self.meter.note(self.begun, response);
    }
}

impl Drop for Timed<'_> {
    fn drop(&mut self) {
        if !self.is_answered {
            self.meter.abandoned.one_more();
        }
    }
}
