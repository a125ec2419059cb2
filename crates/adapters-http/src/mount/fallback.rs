//! Requests that no route answers: 404 and 405 in the shape of the dialect that is nearest.

use std::sync::Arc;

use axum::{extract::Request, response::Response};
use http::{HeaderValue, Method, StatusCode, header::ALLOW};

use super::{Entry, paths::below};
use crate::{
    dialect::{Dialect, Refusal},
    reply::problem,
};

/// What is needed to tell who is near.
pub(super) struct Fallback(Vec<Place>);

struct Place {
    path: String,
    method: Method,
    answers_head: bool,
    dialect: Arc<dyn Dialect>,
}

impl Fallback {
    pub(super) fn new(entries: &[&Arc<Entry>]) -> Self {
        let place = |entry: &&Arc<Entry>| Place {
            path: entry.path.clone(),
            method: entry.method.clone(),
            answers_head: entry.answers_head,
            dialect: Arc::clone(&entry.dialect),
        };
        Self(entries.iter().map(place).collect())
    }

    /// 405 with `Allow` where the path has other methods, else 404.
    pub(super) fn answer(&self, request: &Request) -> Response {
        let path = request.uri().path();
        let here: Vec<&Place> = self.0.iter().filter(|place| place.is_at(path)).collect();
        match (here.first(), self.nearest(path)) {
            (Some(owner), _) => {
                let mut response = owner.dialect.refuse(Refusal::MethodNotAllowed);
                response.headers_mut().extend(allowed(&here).map(|methods| (ALLOW, methods)));
                response
            }
            (None, Some(neighbour)) => neighbour.dialect.refuse(Refusal::NotFound),
            (None, None) => problem(StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"),
        }
    }

    /// The first place among those that share most leading segments with the path, and at least one.
    fn nearest(&self, path: &str) -> Option<&Place> {
        let shared = |place: &Place| {
            let pairs = place.path.split('/').zip(path.split('/')).skip(1);
            pairs.take_while(|(ours, theirs)| ours == theirs && !ours.is_empty()).count()
        };
        let most = self.0.iter().map(shared).max().filter(|most| *most > 0)?;
        self.0.iter().find(|place| shared(place) == most)
    }
}

impl Place {
    fn is_at(&self, path: &str) -> bool {
        self.path == path || below(&self.path).is_some_and(|place| path.starts_with(place))
    }
}

fn allowed(places: &[&Place]) -> Option<HeaderValue> {
    let head = places.iter().any(|place| place.answers_head).then_some("HEAD");
    let mut methods: Vec<&str> = places.iter().map(|place| place.method.as_str()).chain(head).collect();
    methods.sort_unstable();
    methods.dedup();
    HeaderValue::from_str(&methods.join(", ")).ok()
}
