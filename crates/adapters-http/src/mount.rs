//! Mounts: dialects under prefixes and hosts, as one router. Collisions are found here, before anything is served.

mod fallback;
mod table;
#[cfg(test)]
mod tests;
mod wrap;

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{Router, extract::Request, response::Response, routing::MethodRouter};
use http::{
    HeaderValue, Method, StatusCode,
    header::{ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, HOST, RETRY_AFTER},
};
use ipnet::IpNet;
use tower::ServiceExt;
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use tracing::Instrument;
use vestibule_application::ports::Ids;

use self::fallback::Fallback;
pub use self::{
    table::{Collision, Entry, Mount, table},
    wrap::{MAX_FIELDS, MAX_HEAD},
};
use crate::{
    dialect::{Dialect, Handler, Refusal},
    inbound::Inbound,
    reply,
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
    /// Gives the public keys of signed tokens as they are now (RFC 7517), served at [`JWKS_PATH`].
    pub jwks: Arc<dyn Fn() -> serde_json::Value + Send + Sync>,
}

/// When to ask again after an answer that took too long: what it waits for will not be there in a moment.
const LATE_RETRY: Duration = Duration::from_secs(5);

/// How long browsers may remember what a page may send.
const PREFLIGHT_KEPT: Duration = Duration::from_mins(10);

/// Where those who verify signed tokens themselves find the keys.
pub const JWKS_PATH: &str = "/.well-known/jwks.json";

/// How long verifiers may keep them: a new key is published for longer than that before anything is signed with it, and
/// an old one for as long as what it signed lives.
const KEPT: HeaderValue = HeaderValue::from_static("public, max-age=60");

const JWK_SET: HeaderValue = HeaderValue::from_static("application/jwk-set+json");

/// Builds the router of all mounts, or says which two are in each other's way.
pub fn mount(mounts: &[Mount], shared: &Shared) -> Result<Router, Collision> {
    let entries = table(mounts)?;
    let hosts = entries.iter().flat_map(|entry| entry.hosts.iter().cloned());
    let named: BTreeMap<String, Router> =
        hosts.map(|host| (host.clone(), of_host(&entries, Some(&host), shared))).collect();
    let any = of_host(&entries, None, shared);
    let router = if named.is_empty() { any } else { by_host(named, any) };
    let router = if shared.cors_origins.is_empty() { router } else { readable(router, &shared.cors_origins) };
    Ok(wrap::wrap(router, shared))
}

/// Lets pages of these origins, and of no others, read every answer, and send whatever our own pages may send.
fn readable(router: Router, origins: &[String]) -> Router {
    let cors = CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok())))
        .allow_credentials(true)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([wrap::REQUEST_ID, RETRY_AFTER])
        .max_age(PREFLIGHT_KEPT);
    let readable = router.clone().layer(cors);
    // The layer would answer every OPTIONS, but only a preflight is for it.
    let dispatch = move |request: Request| {
        let is_preflight = request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD);
        let router = if request.method() != Method::OPTIONS || is_preflight { &readable } else { &router }.clone();
        async move { router.oneshot(request).await.unwrap_or_else(|never| match never {}) }
    };
    Router::new().fallback(dispatch)
}

/// The router of the mounts that answer for one host, or for hosts that none names.
fn of_host(entries: &[Entry], host: Option<&str>, shared: &Shared) -> Router {
    let here: Vec<&Entry> = entries.iter().filter(|entry| entry.answers(host)).collect();
    let fallback = Fallback::new(&here);
    let mut paths: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
    for entry in &here {
        paths.entry(&entry.path).or_default().push(entry);
    }
    let mut router = Router::new();
    for (path, entries) in paths {
        let refusal = fallback.clone();
        let wrong_method = move |request: Request| async move { refusal.answer(&request) };
        let mut methods = MethodRouter::new().fallback(wrong_method.clone());
        for entry in entries {
            let Ok(filter) = entry.method.clone().try_into() else { continue };
            if entry.method == Method::GET && !entry.answers_head {
                // axum would run the GET handler, effects and all.
                methods = methods.head(wrong_method.clone());
            }
            let (handler, dialect, shared) = (Arc::clone(&entry.handler), Arc::clone(&entry.dialect), shared.clone());
            methods = methods.on(filter, move |request: Request| answer(request, handler, dialect, shared));
        }
        router = router.route(path, methods);
    }
    let keys = Arc::clone(&shared.jwks);
    let published = async move || {
        let mut response = reply::json(StatusCode::OK, JWK_SET, &keys());
        response.headers_mut().insert(CACHE_CONTROL, KEPT);
        response
    };
    let router = router.route(JWKS_PATH, axum::routing::get(published));
    router.fallback(move |request: Request| async move { fallback.answer(&request) })
}

async fn answer(request: Request, handler: Handler, dialect: Arc<dyn Dialect>, shared: Shared) -> Response {
    let received = tokio::time::timeout(shared.request_timeout, Inbound::receive(request, &shared.trusted_proxies));
    match received.await {
        Ok(Ok(inbound)) => {
            let request_id = inbound.request_id.clone();
            // A task of its own: hyper drops the future of a request whose client hangs up, and what has begun to write
            // must come to its end, in time for an answer or not. A panic ends that task and nothing else.
            let work = tokio::spawn(handler(inbound).in_current_span());
            match tokio::time::timeout(shared.answer_timeout, work).await {
                Ok(Ok(answer)) => answer,
                Ok(Err(_)) => {
                    tracing::error!("a request ended in a panic");
                    dialect.refuse(Refusal::Internal { request_id })
                }
                Err(_) => {
                    tracing::error!("an answer takes longer than server.answer_timeout; the work on it goes on");
                    dialect.refuse(Refusal::Unavailable { retry_after: LATE_RETRY })
                }
            }
        }
        Ok(Err(refusal)) => dialect.refuse(refusal),
        Err(_) => dialect.refuse(Refusal::TimedOut),
    }
}

/// Sends each request to the router of its host.
fn by_host(named: BTreeMap<String, Router>, any: Router) -> Router {
    let dispatch = move |request: Request| {
        let router = host_of(&request).and_then(|host| named.get(&host)).unwrap_or(&any).clone();
        async move { router.oneshot(request).await.unwrap_or_else(|never| match never {}) }
    };
    Router::new().fallback(dispatch)
}

/// The host a request is for, without its port, in lower case.
fn host_of(request: &Request) -> Option<String> {
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok());
    let host = host.or(request.uri().authority().map(http::uri::Authority::as_str))?;
    let host = host.parse::<http::uri::Authority>().ok()?;
    Some(host.host().to_ascii_lowercase())
}
