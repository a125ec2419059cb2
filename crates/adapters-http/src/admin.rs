//! What operators, and what watches over the service, are answered: routers put together behind one front, on a listener of
//! their own. Nothing of it is on the listener of the session APIs.

pub mod documents;
pub mod health;
mod hosts;
pub mod metrics;
#[cfg(test)]
mod tests;
pub mod v1;

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};

use crate::{
    client::Client,
    dialect::Refusal,
    inbound,
    mount::{Front, LATE_RETRY, Shared, work},
    reply::refusal,
    request_id::RequestId,
};

/// These routers behind one front, which is reached as `localhost`, by names below that, by IP address and by these names,
/// in lower case. Requests arrive whole and are answered in time, as those of the session APIs are; what no router answers
/// is refused by a problem document (RFC 9457).
pub fn front(routers: impl IntoIterator<Item = Router>, names: Arc<[String]>, shared: &Shared) -> Front {
    // Its pages are its own: no other origin reads them.
    let shared = Shared { cors_origins: [].into(), ..shared.clone() };
    let router = routers
        .into_iter()
        .fold(Router::new(), Router::merge)
        .fallback(async || refusal(Refusal::NotFound))
        .method_not_allowed_fallback(async || refusal(Refusal::MethodNotAllowed))
        .layer(from_fn_with_state(shared.clone(), in_time))
        .layer(from_fn_with_state(names, hosts::by_name));
    Front::of(router, shared)
}

async fn in_time(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    if let Some(connection) = parts.extensions.get().copied() {
        let client = Client::identify(connection, &parts.headers, &shared.trusted_proxies);
        parts.extensions.insert(client);
    }
    let request_id = parts.extensions.get::<RequestId>().map_or_else(String::new, ToString::to_string);
    let body = match work::within(shared.request_timeout, inbound::read(body)).await {
        Ok(Ok(body)) => body,
        Ok(Err(why)) => return refusal(why),
        Err(_) => return refusal(Refusal::TimedOut),
    };
    let request = Request::from_parts(parts, Body::from(body));
    match work::within(shared.answer_timeout, work::finish(Box::pin(next.run(request)))).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(work::Panicked)) => {
            tracing::error!(request_id, "an operator's request ended in a panic");
            refusal(Refusal::Internal { request_id })
        }
        Err(_) => {
            tracing::error!(request_id, "an answer takes longer than server.answer_timeout; the work on it goes on");
            refusal(Refusal::Unavailable { retry_after: LATE_RETRY })
        }
    }
}
