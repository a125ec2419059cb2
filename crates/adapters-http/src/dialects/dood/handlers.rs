//! Parse, ask the use case, tell.

use std::sync::Arc;

use axum::response::Response;

use super::{
    Dood, request,
    response::{self, rejected},
};
use crate::inbound::Inbound;

pub(super) async fn start(dood: Arc<Dood>, inbound: Inbound) -> Response {
    let command = match request::start(&dood, &inbound).await {
        Ok(command) => command,
        Err(rejection) => return rejected(&dood, &rejection),
    };
    match dood.context.api.start_session(command).await {
        Ok(begun) => response::begun(&dood, &begun.token, &begun.view),
        Err(error) => response::start_failed(&dood, &inbound, &error),
    }
}

pub(super) async fn log_in(dood: Arc<Dood>, inbound: Inbound) -> Response {
    let command = match request::log_in(&dood, &inbound).await {
        Ok(command) => command,
        Err(rejection) => return rejected(&dood, &rejection),
    };
    match dood.context.api.log_in(command).await {
        Ok(begun) => response::begun(&dood, &begun.token, &begun.view),
        Err(error) => response::login_failed(&dood, &inbound, &error).await,
    }
}

pub(super) async fn log_out(dood: Arc<Dood>, inbound: Inbound) -> Response {
    let command = match request::log_out(&dood, &inbound).await {
        Ok(command) => command,
        Err(rejection) => return rejected(&dood, &rejection),
    };
    match dood.context.api.end_session(command).await {
        Ok(()) => response::ended(),
        Err(error) => response::logout_failed(&dood, &inbound, &error),
    }
}

pub(super) async fn register(dood: Arc<Dood>, inbound: Inbound) -> Response {
    let command = match request::register(&dood, &inbound).await {
        Ok(command) => command,
        Err(rejection) => return rejected(&dood, &rejection),
    };
    match dood.context.api.register(command).await {
        Ok(begun) => response::begun(&dood, &begun.token, &begun.view),
        Err(error) => response::registration_failed(&dood, &inbound, &error).await,
    }
}
