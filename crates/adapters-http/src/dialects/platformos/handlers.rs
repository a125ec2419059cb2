//! Parse, ask the use case, tell.

use std::sync::Arc;

use axum::response::Response;

use super::{Platformos, request, response};
use crate::inbound::Inbound;

pub(super) async fn log_in_by_form(platformos: Arc<Platformos>, inbound: Inbound) -> Response {
    let command = match request::log_in_by_form(&platformos, &inbound).await {
        Ok(command) => command,
        Err(rejection) => return response::rejected(rejection),
    };
    match platformos.context.api.log_in_by_form(command).await {
        Ok(begun) => response::created(&platformos, &begun),
        Err(error) => response::login_failed(&platformos, &inbound, &error),
    }
}

pub(super) async fn end_session_by_form(platformos: Arc<Platformos>, inbound: Inbound) -> Response {
    let command = match request::end_session_by_form(&platformos, &inbound).await {
        Ok(command) => command,
        Err(rejection) => return response::rejected(rejection),
    };
    match platformos.context.api.end_session_by_form(command).await {
        Ok(()) => response::deleted(&platformos),
        Err(error) => response::logout_failed(&platformos, &inbound, &error),
    }
}
