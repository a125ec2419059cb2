//! The service's own API for other services: whose session does this request come with, and what is this token worth?
//!
//! `/verify` is for proxies that ask before they pass a request on (nginx `auth_request`, Traefik `forwardAuth`, Envoy
//! `ext_authz`), `/introspect` for programs (RFC 7662). No published API has them; they are mounted beside the dialects.

mod credentials;
mod handlers;
mod openapi;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use http::Method;
use vestibule_application::api::{AtHandApi, VerificationApi};

use crate::{
    dialect::{Dialect, Refusal, Route},
    reply,
};

/// The API. It has one edition.
pub struct Verify {
    api: Arc<dyn VerificationApi>,
    at_hand: Arc<dyn AtHandApi>,
    settings: Settings,
}

/// What the operator decides about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The cookies that carry sessions, in the order in which they are looked for.
    pub cookies: Vec<String>,
    /// Whether tokens are taken from the original request's query too.
    pub query_tokens: bool,
    /// For how long an assertion is good, if each answer is to have one.
    pub assertion: Option<Duration>,
}

impl Verify {
    /// Where it answers for requests anywhere, so that nothing else may be mounted below.
    pub const PREFIX: &str = "/verify";

    /// The same, and what a proxy appends to it: the original path.
    const PATHS: [&str; 3] = [Self::PREFIX, "/verify/", "/verify/{*below}"];

    /// Proxies pass on the original request's method; HEAD is answered as GET.
    const METHODS: [Method; 6] =
        [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE, Method::OPTIONS];

    /// Speaks for these use cases.
    pub fn new(api: Arc<dyn VerificationApi>, at_hand: Arc<dyn AtHandApi>, settings: Settings) -> Self {
        Self { api, at_hand, settings }
    }
}

impl Dialect for Verify {
    fn name(&self) -> &'static str {
        "verify"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        let verify = |(path, method)| {
            let route = Route::new("verify_session", method, path, &self, handlers::verify, openapi::verify);
            route.with_head().at_hand(&self, handlers::verify_at_hand)
        };
        let everywhere = Self::PATHS.iter().flat_map(|path| Self::METHODS.map(|method| (*path, method)));
        let introspect = Route::new(
            "introspect_session",
            Method::POST,
            "/introspect",
            &self,
            handlers::introspect,
            openapi::introspect,
        );
        everywhere.map(verify).chain([introspect]).collect()
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        reply::refusal(refusal)
    }

    /// A proxy takes success for leave, and would take it from the answer to a preflight.
    fn is_for_pages(&self) -> bool {
        false
    }
}
