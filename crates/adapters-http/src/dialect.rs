//! What a dialect is: a name, its routes as values, and how it refuses.

use std::{future::Future, pin::Pin, sync::Arc, time::Duration};

use axum::response::Response;
use http::Method;
use url::Url;
use vestibule_application::{
    api::{AtHandApi, Caller, SessionApi},
    ports::StoreError,
};
use vestibule_domain::session::Origin;

use crate::{
    client::Client,
    inbound::{Head, Inbound},
    openapi::Description,
};

/// Which edition of a dialect a mount speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Edition {
    /// What the document says.
    #[default]
    Documented,
    /// What programs written for the original system expect.
    Deployed,
}

/// How far documented but risky behaviour goes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Every documented answer is reachable, some of them only from loopback or over TLS.
    #[default]
    Faithful,
    /// Risky behaviour is closed.
    Hardened,
}

/// What the outside world calls the service.
#[derive(Clone, Debug)]
pub struct Site {
    /// The public URL, scheme `http` or `https`.
    pub public_url: Url,
    /// Whether the operator said so. If nobody did, whatever host a request is sent to is this service too.
    pub is_fixed: bool,
}

impl Site {
    /// Whether cookies must be marked `Secure`.
    pub fn is_https(&self) -> bool {
        self.public_url.scheme() == "https"
    }
}

/// What every dialect is built from.
#[derive(Clone)]
pub struct Context {
    /// The use cases.
    pub api: Arc<dyn SessionApi>,
    /// Those of them that may be answered at once.
    pub at_hand: Arc<dyn AtHandApi>,
    /// The edition this mount speaks.
    pub edition: Edition,
    /// The profile this mount runs in.
    pub profile: Profile,
    /// The path prefix of the mount, empty or `/...` without a slash at the end.
    pub prefix: String,
    /// The outside world's view.
    pub site: Arc<Site>,
}

impl Context {
    /// Whether risky behaviour is closed.
    pub fn is_hardened(&self) -> bool {
        self.profile == Profile::Hardened
    }

    /// The path a cookie of this mount must cover.
    pub fn cookie_path(&self) -> &str {
        if self.prefix.is_empty() { "/" } else { &self.prefix }
    }
}

/// A request that never reached a handler, or broke one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// No route has this path.
    NotFound,
    /// The path has other methods. `mount` adds `Allow`.
    MethodNotAllowed,
    /// The body is over the limit.
    BodyTooLarge,
    /// The request cannot be read; says what of it.
    Malformed(&'static str),
    /// It took too long to arrive or to answer.
    TimedOut,
    /// The store is away or the service is overloaded.
    Unavailable {
        /// When to try again.
        retry_after: Duration,
    },
    /// A defect or corrupt data. Details are in the log under the request's id, which this carries.
    Internal {
        /// The request's id.
        request_id: String,
    },
}

/// One of the five session APIs, or one of the service's own, which is mounted like them.
pub trait Dialect: Send + Sync + 'static {
    /// Its name, as in configuration and as the origin of sessions.
    fn name(&self) -> &'static str;
    /// Its routes, without the mount's prefix.
    fn routes(self: Arc<Self>) -> Vec<Route>;
    /// A refusal in its own error shape.
    fn refuse(&self, refusal: Refusal) -> Response;

    /// Whether pages of other origins may be let read its answers (CORS).
    fn is_for_pages(&self) -> bool {
        true
    }

    /// Who asks, as the use cases want to know it.
    fn caller(&self, client: Client) -> Caller {
        Caller { origin: Origin::built(self.name()), address: client.address }
    }

    /// The answer to a store that failed: logged here, once, and told without details.
    fn store_failed(&self, inbound: &Inbound, error: &StoreError) -> Response {
        self.refuse(inbound.refusal_of(error))
    }
}

/// A handler: takes the whole request, gives the whole answer.
pub type Handler = Arc<dyn Fn(Inbound) -> Pin<Box<dyn Future<Output = Response> + Send>> + Send + Sync>;

/// A handler of what is at hand: takes a request without a body, gives the whole answer at once, or none. Then the [`Handler`]
/// is asked, and has all to itself.
pub type AtHand = Arc<dyn Fn(Head<'_>) -> Option<Response> + Send + Sync>;

/// Tells what a route is to its callers.
pub type Describe = Arc<dyn Fn() -> Description + Send + Sync>;

/// A route as a value.
#[derive(Clone)]
pub struct Route {
    /// The use case behind it.
    pub operation: &'static str,
    /// Its method.
    pub method: Method,
    /// Its path below the mount's prefix; slashes at the end are significant. One that ends with
    /// [`BELOW`](crate::mount::BELOW) stands for everything below it.
    pub path: &'static str,
    /// Whether HEAD is answered as GET without a body. Never for a GET that has effects.
    pub answers_head: bool,
    /// Whether it gives way when another mount owns the same method and path.
    pub yields: bool,
    /// What answers.
    pub handler: Handler,
    /// What answers before anybody waits, if it can.
    pub at_hand: Option<AtHand>,
    /// What it is to its callers.
    pub describe: Describe,
}

impl Route {
    /// A route of `dialect`, answered by `handler` as `describe` says.
    pub fn new<D, F, A>(
        operation: &'static str,
        method: Method,
        path: &'static str,
        dialect: &Arc<D>,
        handler: F,
        describe: fn(&D) -> Description,
    ) -> Self
    where
        D: Dialect,
        F: Fn(Arc<D>, Inbound) -> A + Send + Sync + 'static,
        A: Future<Output = Response> + Send + 'static,
    {
        let (asked, described) = (Arc::clone(dialect), Arc::clone(dialect));
        let handler: Handler = Arc::new(move |inbound| Box::pin(handler(Arc::clone(&asked), inbound)));
        let describe = Arc::new(move || describe(&described));
        Self { operation, method, path, answers_head: false, yields: false, handler, at_hand: None, describe }
    }

    /// Answers HEAD too: for GETs without effects.
    #[must_use]
    pub fn with_head(self) -> Self {
        Self { answers_head: true, ..self }
    }

    /// Answers what is at hand before anybody waits: for what is asked all day, with the same method alone.
    #[must_use]
    pub fn at_hand<D: Dialect>(self, dialect: &Arc<D>, answer: fn(&D, Head<'_>) -> Option<Response>) -> Self {
        let dialect = Arc::clone(dialect);
        Self { at_hand: Some(Arc::new(move |head| answer(&dialect, head))), ..self }
    }

    /// Gives way to other mounts.
    #[must_use]
    pub fn yielding(self) -> Self {
        Self { yields: true, ..self }
    }
}
