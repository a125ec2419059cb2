//! What stands before every route: it names requests, finds who answers, and sees to it that every answer is safe.
//!
//! The documented paths are exact, and are found here, without a router of patterns and without layers around every route:
//! those cost more than all the rest of what a session read takes. Whatever is not one of them is axum's to route.

use std::{
    convert::Infallible,
    ops::ControlFlow::{self, Break, Continue},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
    time::Instant,
};

use axum::{
    Router,
    body::{Body, HttpBody},
    extract::Request,
    response::Response,
};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{
        ACCESS_CONTROL_REQUEST_METHOD, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, REFERRER_POLICY,
        RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
    },
};
use scopeguard::{ScopeGuard, guard};
use tokio::runtime::Handle;
use tower::{Layer, ServiceExt, service_fn};
use tower_http::cors::{AllowHeaders, AllowMethods, AllowOrigin, CorsLayer};
use tracing::Instrument;
use vestibule_application::ports::CaughtUp;

use super::{Entry, Meter, PREFLIGHT_KEPT, Shared, paths::Hosts, work};
use crate::{
    client::{Client, Connection},
    inbound::Head,
    reply::problem,
    request_id::{self, RequestId},
};

/// Answers depend on tokens, and are JSON or nothing: never kept or framed, unless they say so themselves, as what is the
/// same for everybody and pages do.
const USUAL: [(HeaderName, HeaderValue); 2] = [
    (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
];

/// And never sniffed, or named to the next site.
const ALWAYS: [(HeaderName, HeaderValue); 2] = [
    (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// The longest request target in bytes.
const MAX_TARGET: usize = 8 * 1024;

/// The most header fields of a request; [`MAX_HEAD`] is the most bytes of them.
pub const MAX_FIELDS: usize = 64;

/// The most bytes of a request's head, for whoever reads it from the connection to keep to.
pub const MAX_HEAD: usize = 16 * 1024;

/// All mounts as one service.
#[derive(Clone)]
pub struct Front(Arc<Inner>);

struct Inner {
    hosts: Arc<Hosts>,
    rest: Router,
    cors: Option<CorsLayer>,
    shared: Shared,
    /// Of requests that no mount's route is for.
    other: Meter,
}

/// A request as it came.
pub(super) struct Arrival {
    pub(super) request: Request,
    pub(super) id: RequestId,
    pub(super) connection: Connection,
}

impl Front {
    /// Before these routes, and before `rest` for all other requests.
    pub(super) fn new(hosts: Arc<Hosts>, rest: Router, shared: Shared) -> Self {
        let cors = (!shared.cors_origins.is_empty()).then(|| readable_by(&shared.cors_origins));
        Self(Arc::new(Inner { hosts, rest, cors, shared, other: Meter::default() }))
    }

    /// Before this router alone, whose handlers find the [`Connection`] and the [`RequestId`] among the extensions.
    pub fn of(router: Router, shared: Shared) -> Self {
        Self::new(Arc::new(Hosts::of(Vec::new())), router, shared)
    }

    /// Every route of every mount.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.0.hosts.entries
    }

    /// What has become of requests so far, for each route its dialect and operation; `other` for all that is no mount's.
    pub fn traffic(&self) -> impl Iterator<Item = (&'static str, &'static str, &Meter)> {
        let routes = self.0.hosts.entries.iter().map(|entry| (entry.dialect.name(), entry.operation, &*entry.meter));
        routes.chain([("other", "other", &self.0.other)])
    }

    /// Answers a request that came over this connection.
    pub async fn answer(&self, request: Request, connection: Connection) -> Response {
        match self.at_hand(&request, connection) {
            Some(response) => response,
            None => self.ask(request, connection).await,
        }
    }

    /// Answers a request before anybody waits, if that is possible: there is neither a future nor a copy of the request,
    /// which cost as much as all else that reading a session does.
    pub fn at_hand<B: HttpBody>(&self, request: &http::Request<B>, connection: Connection) -> Option<Response> {
        if !self.0.shared.at_hand.tells_at_once() {
            return None;
        }
        let entry = self.on_hand(request)?;
        self.recall(entry, request, connection, Instant::now(), None)
    }

    /// The route of a request that may be answered at hand.
    fn on_hand<B: HttpBody>(&self, request: &http::Request<B>) -> Option<&Entry> {
        let entry = self.0.hosts.of_request(request).find(request).filter(|entry| entry.at_hand.is_some())?;
        let is_for_pages = self.0.cors.is_some() && entry.dialect.is_for_pages();
        let is_plain = *request.method() == entry.method && request.body().is_end_stream();
        let is_let_by = too_large(request).is_none() && !tracing::enabled!(tracing::Level::DEBUG);
        (is_plain && !is_for_pages && is_let_by).then_some(entry)
    }

    fn recall<B>(
        &self,
        entry: &Entry,
        request: &http::Request<B>,
        connection: Connection,
        begun: Instant,
        caught_up: Option<CaughtUp>,
    ) -> Option<Response> {
        let (at_hand, uri, headers) = (entry.at_hand.as_ref()?, request.uri(), request.headers());
        let client = Client::identify(connection, headers, &self.0.shared.trusted_proxies);
        // A defect is told by whoever is asked next.
        let answered = catch_unwind(AssertUnwindSafe(|| at_hand(Head { uri, headers, client, caught_up })));
        let mut response = answered.ok().flatten()?;
        entry.meter.note(begun, &response);
        make_safe(&mut response, self.name_of(headers));
        Some(response)
    }

    fn name_of(&self, headers: &HeaderMap) -> RequestId {
        RequestId::given(headers).unwrap_or_else(|| RequestId::made(self.0.shared.ids.next()))
    }

    /// Answers a request that cannot be answered [at hand](Self::at_hand) yet, or at all.
    pub async fn ask(&self, request: Request, connection: Connection) -> Response {
        match self.recall_later(request, connection).await {
            Break(response) => response,
            // Boxed, because what only waits for others to be heard has room for it too.
            Continue(request) => Box::pin(self.handle(request, connection)).await,
        }
    }

    /// Answers a request as soon as others were heard, if it can be answered at hand then; else gives it back.
    async fn recall_later(&self, request: Request, connection: Connection) -> ControlFlow<Response, Request> {
        let Some(entry) = self.on_hand(&request) else { return Continue(request) };
        let begun = Instant::now();
        let front = self.clone();
        let waiting = guard(request, move |request| {
            // The client hung up. What it asked for may have effects, and is done all the same.
            if let Ok(runtime) = Handle::try_current() {
                runtime.spawn(async move { front.handle(request, connection).await });
            }
        });
        let caught_up = self.0.shared.at_hand.catch_up().await;
        let request = ScopeGuard::into_inner(waiting);
        match caught_up.and_then(|_| self.recall(entry, &request, connection, begun, caught_up)) {
            Some(response) => Break(response),
            None => Continue(request),
        }
    }

    async fn handle(&self, request: Request, connection: Connection) -> Response {
        let id = self.name_of(request.headers());
        // The path only: queries carry tokens, and in one dialect passwords.
        let span = tracing::debug_span!("request", %id, method = %request.method(), path = request.uri().path());
        let arrival = Arrival { request, id: id.clone(), connection };
        let mut response = if span.is_disabled() {
            self.admit(arrival).await
        } else {
            // Boxed, because every request's future has room for it.
            Box::pin(self.told(arrival).instrument(span)).await
        };
        make_safe(&mut response, id);
        response
    }

    async fn told(&self, arrival: Arrival) -> Response {
        let response = self.admit(arrival).await;
        tracing::debug!(status = response.status().as_u16(), "answered");
        response
    }

    async fn admit(&self, arrival: Arrival) -> Response {
        let request = &arrival.request;
        let entry = self.0.hosts.of_request(request).find(request);
        let timed = entry.map_or(&self.0.other, |entry| &*entry.meter).begin();
        if let Some(refusal) = too_large(request) {
            timed.answered(&refusal);
            return refusal;
        }
        let response = match &self.0.cors {
            // The layer would answer every OPTIONS, but only a preflight is for it.
            Some(cors)
                if entry.is_none_or(|entry| entry.dialect.is_for_pages())
                    && (request.method() != Method::OPTIONS || is_preflight(request)) =>
            {
                let Arrival { request, id, connection } = arrival;
                let (front, entry) = (self.clone(), entry.cloned());
                let route = service_fn(move |request| {
                    let (front, entry) = (front.clone(), entry.clone());
                    let arrival = Arrival { request, id: id.clone(), connection };
                    async move { Ok::<_, Infallible>(front.route(arrival, entry.as_ref()).await) }
                });
                // Boxed, because every request's future has room for it.
                Box::pin(cors.layer(route).oneshot(request)).await.unwrap_or_else(|never| match never {})
            }
            Some(_) | None => self.route(arrival, entry).await,
        };
        timed.answered(&response);
        response
    }

    async fn route(&self, arrival: Arrival, entry: Option<&Arc<Entry>>) -> Response {
        let Some(entry) = entry else {
            let Arrival { mut request, connection, id } = arrival;
            request.extensions_mut().insert(connection);
            request.extensions_mut().insert(id);
            let answered = Box::pin(self.0.rest.clone().oneshot(request)).await;
            return answered.unwrap_or_else(|never| match never {});
        };
        let is_head = arrival.request.method() == Method::HEAD;
        let response = work::answer(arrival, &entry.handler, &entry.dialect, &self.0.shared).await;
        if is_head { without_body(response) } else { response }
    }
}

/// Adds what every answer has.
fn make_safe(response: &mut Response, id: RequestId) {
    let headers = response.headers_mut();
    headers.reserve(USUAL.len() + ALWAYS.len() + 1);
    for (name, value) in USUAL {
        headers.entry(name).or_insert(value);
    }
    for (name, value) in ALWAYS {
        headers.insert(name, value);
    }
    headers.insert(request_id::HEADER, id.into());
}

/// Lets pages of these origins, and of no others, read every answer, and send whatever our own pages may send.
fn readable_by(origins: &[String]) -> CorsLayer {
    CorsLayer::new()
        .allow_origin(AllowOrigin::list(origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok())))
        .allow_credentials(true)
        .allow_methods(AllowMethods::mirror_request())
        .allow_headers(AllowHeaders::mirror_request())
        .expose_headers([request_id::HEADER, RETRY_AFTER])
        .max_age(PREFLIGHT_KEPT)
}

fn is_preflight<B>(request: &http::Request<B>) -> bool {
    request.headers().contains_key(ACCESS_CONTROL_REQUEST_METHOD)
}

fn too_large<B>(request: &http::Request<B>) -> Option<Response> {
    if request.uri().path_and_query().is_some_and(|target| target.as_str().len() > MAX_TARGET) {
        return Some(problem(StatusCode::URI_TOO_LONG, "target_too_long", "the request target is too long"));
    }
    let many = request.headers().len() > MAX_FIELDS;
    many.then(|| {
        problem(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "too_many_fields", "there are too many header fields")
    })
}

/// The head of an answer to GET (RFC 9110, 9.3.2).
fn without_body(response: Response) -> Response {
    let (mut parts, body) = response.into_parts();
    if let Some(length) = body.size_hint().exact() {
        parts.headers.entry(CONTENT_LENGTH).or_insert(length.into());
    }
    Response::from_parts(parts, Body::empty())
}
