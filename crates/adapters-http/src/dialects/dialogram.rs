//! Seed 001: one JSON call that begins a user's session, ordinary or back-office, and answers with a signed token.

mod handlers;
mod openapi;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::response::Response;
use http::Method;

use crate::dialect::{Context, Dialect, Refusal, Route};

/// The dialect. Its editions and profiles are alike.
pub struct Dialogram {
    context: Context,
}

impl Dialogram {
    /// Speaks for the use cases of `context`.
    pub fn new(context: Context) -> Self {
        Self { context }
    }
}

impl Dialect for Dialogram {
    fn name(&self) -> &'static str {
        "dialogram"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        vec![Route::new("log_in", Method::POST, "/api/session", &self, handlers::create, openapi::create)]
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        response::refusal(refusal)
    }
}
