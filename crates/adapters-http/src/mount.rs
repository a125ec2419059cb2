//! Mounts: dialects under prefixes and hosts, as one service. Collisions are found here, before anything is served.

mod fallback;
mod front;
mod keys;
mod meter;
mod paths;
mod table;
#[cfg(test)]
mod tests;
pub(crate) mod work;

use std::{sync::Arc, time::Duration};

use axum::{Router, extract::Request};
use ipnet::IpNet;
use vestibule_application::{api::AtHandApi, ports::Ids};

use self::{fallback::Fallback, paths::Hosts};
pub use self::{
    front::{Front, MAX_FIELDS, MAX_HEAD},
    keys::{JWKS_PATH, document as keys_document},
    meter::{Meter, TIMES},
    paths::BELOW,
    table::{Collision, Entry, Mount, table},
};

/// What all mounts share.
#[derive(Clone)]
pub struct Shared {
    /// Names requests that have no name.
    pub ids: Arc<dyn Ids>,
    /// The networks whose forwarding headers are believed.
    pub trusted_proxies: Arc<[IpNet]>,
    /// How long a request may take to arrive, from the end of its head to the end of its body.
    pub request_timeout: Duration,
    /// How long the answer to a request that has arrived may take.
    pub answer_timeout: Duration,
    /// The origins whose pages may read answers, such as `https://app.example`.
    pub cors_origins: Arc<[String]>,
    /// What many requests wait for together.
    pub at_hand: Arc<dyn AtHandApi>,
    /// Gives the public keys of signed tokens as they are now (RFC 7517), served at [`JWKS_PATH`].
    pub jwks: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
}

/// When to ask again after an answer that took too long: what it waits for will not be there in a moment.
pub(crate) const LATE_RETRY: Duration = Duration::from_secs(5);

/// How long browsers may remember what a page may send.
const PREFLIGHT_KEPT: Duration = Duration::from_mins(10);

/// Puts all mounts together, or says which two are in each other's way.
pub fn mount(mounts: &[Mount], shared: &Shared) -> Result<Front, Collision> {
    let hosts = Arc::new(Hosts::of(table(mounts)?));
    let fallback = Arc::clone(&hosts);
    let jwks = Arc::clone(&shared.jwks);
    let published = async move || keys::published(&jwks());
    let rest = Router::new()
        .route(JWKS_PATH, axum::routing::get(published))
        .fallback(async move |request: Request| fallback.of_request(&request).fallback.answer(&request));
    Ok(Front::new(hosts, rest, shared.clone()))
}
