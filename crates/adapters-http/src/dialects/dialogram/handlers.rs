//! What answers: read, ask, tell.

use std::sync::Arc;

use axum::response::Response;

use super::{Dialogram, request};
use crate::inbound::Inbound;

pub(super) async fn create(dialogram: Arc<Dialogram>, inbound: Inbound) -> Response {
    match request::read(&dialogram, &inbound) {
        Ok(command) => {
            let result = dialogram.context.api.log_in(command).await;
            dialogram.begun(&inbound, result)
        }
        Err(rejection) => rejection.into(),
    }
}
