//! Running a handler so that neither a client that hangs up nor a panic leaves anything half done.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    task::Poll,
    time::Duration,
};

use axum::response::Response;
use tokio::time::{error::Elapsed, timeout};
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
    let received = Inbound::receive(request, id.clone(), connection, &shared.trusted_proxies);
    let inbound = match within(shared.request_timeout, received).await {
        Ok(Ok(inbound)) => inbound,
        Ok(Err(refusal)) => return dialect.refuse(refusal),
        Err(_) => return dialect.refuse(Refusal::TimedOut),
    };
    match within(shared.answer_timeout, finish(handler(inbound))).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(Panicked)) => {
            tracing::error!(request_id = %id, "a request ended in a panic");
            dialect.refuse(Refusal::Internal { request_id: id.to_string() })
        }
        Err(_) => {
            tracing::error!(request_id = %id, "an answer takes longer than server.answer_timeout; the work on it goes on");
            dialect.refuse(Refusal::Unavailable { retry_after: LATE_RETRY })
        }
    }
}

/// As [`timeout`], without a timer for what does not have to be waited for.
pub(crate) async fn within<F: Future>(limit: Duration, work: F) -> Result<F::Output, Elapsed> {
    let mut work = pin!(work);
    match poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
        Poll::Ready(done) => Ok(done),
        // Boxed, because every request's future has room for it.
        Poll::Pending => Box::pin(timeout(limit, work)).await,
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
