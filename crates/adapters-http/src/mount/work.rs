//! Running a handler so that neither a client that hangs up nor a panic leaves anything half done.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use axum::response::Response;
use tokio::time::timeout;
use tracing::Instrument;

use super::{LATE_RETRY, Shared, front::Arrival};
use crate::{
    dialect::{Dialect, Handler, Refusal},
    inbound::Inbound,
};

/// The handler's answer, or its dialect's word for why there is none.
pub(super) async fn answer(
    arrival: Arrival,
    handler: &Handler,
    dialect: &Arc<dyn Dialect>,
    shared: &Shared,
) -> Response {
    let Arrival { request, id, connection } = arrival;
    let received = Inbound::receive(request, id, connection, &shared.trusted_proxies);
    let inbound = match timeout(shared.request_timeout, received).await {
        Ok(Ok(inbound)) => inbound,
        Ok(Err(refusal)) => return dialect.refuse(refusal),
        Err(_) => return dialect.refuse(Refusal::TimedOut),
    };
    let request_id = inbound.request_id.clone();
    match timeout(shared.answer_timeout, finish(handler(inbound))).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(Panicked)) => {
            tracing::error!(request_id, "a request ended in a panic");
            dialect.refuse(Refusal::Internal { request_id })
        }
        Err(_) => {
            tracing::error!(request_id, "an answer takes longer than server.answer_timeout; the work on it goes on");
            dialect.refuse(Refusal::Unavailable { retry_after: LATE_RETRY })
        }
    }
}

/// A handler's defect. The panic itself has been told on standard error.
pub(crate) struct Panicked;

/// Works to the end, be it waited for or not.
///
/// What is answered from memory is answered at once. Work that has to wait for something goes on in a task of its own:
/// hyper drops the future of a request whose client hangs up, and what has begun to write must come to its end.
pub(crate) async fn finish(mut work: Pin<Box<dyn Future<Output = Response> + Send>>) -> Result<Response, Panicked> {
    let begun = poll_fn(|context| {
        // After a panic the work is never looked at again.
        Poll::Ready(catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(context))))
    });
    match begun.await {
        Ok(Poll::Ready(answer)) => Ok(answer),
        Ok(Poll::Pending) => tokio::spawn(work.in_current_span()).await.map_err(|_| Panicked),
        Err(_) => Err(Panicked),
    }
}
