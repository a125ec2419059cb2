//! What answers: read, ask, tell.

use std::sync::Arc;

use axum::response::Response;

use super::{Verify, request, response};
use crate::inbound::{Head, Inbound};

pub(super) async fn verify(verify: Arc<Verify>, inbound: Inbound) -> Response {
    match request::verify(&verify, inbound.head()) {
        Some(command) => verify.verified(&inbound, verify.api.verify_session(command).await),
        None => response::no_session(),
    }
}

pub(super) fn verify_at_hand(verify: &Verify, head: Head<'_>) -> Option<Response> {
    let command = request::verify(verify, head)?;
    verify.at_hand.verified(&command, head.caught_up).map(|outcome| response::identity(&outcome))
}

pub(super) async fn introspect(verify: Arc<Verify>, inbound: Inbound) -> Response {
    match request::introspect(&verify, &inbound).await {
        Ok((command, unreadable)) => match (verify.api.introspect_session(command).await, unreadable) {
            (Ok(_), Some(rejection)) => rejection.into(),
            (result, _) => verify.introspected(&inbound, result),
        },
        Err(rejection) => rejection.into(),
    }
}
