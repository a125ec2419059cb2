//! Parse, ask the use case, tell.

use std::sync::Arc;

use axum::response::Response;
use vestibule_application::use_cases::{check_status, log_in};

use super::{
    Vprotect,
    request::{self, Rejection},
    response::{self, rejected},
};
use crate::inbound::{Head, Inbound};

pub(super) async fn check_status(vprotect: Arc<Vprotect>, inbound: Inbound) -> Response {
    match vprotect.context.api.check_status(check_status::Command).await {
        Ok(()) => response::well(),
        Err(error) => response::status_failed(&vprotect, &inbound, &error),
    }
}

pub(super) async fn log_in(vprotect: Arc<Vprotect>, inbound: Inbound) -> Response {
    let command = request::log_in(&vprotect, &inbound);
    log_in_by(&vprotect, &inbound, command).await
}

pub(super) async fn log_in_node(vprotect: Arc<Vprotect>, inbound: Inbound) -> Response {
    let command = request::log_in_node(&vprotect, &inbound);
    log_in_by(&vprotect, &inbound, command).await
}

async fn log_in_by(vprotect: &Vprotect, inbound: &Inbound, command: Result<log_in::Command, Rejection>) -> Response {
    let command = match command {
        Ok(command) => command,
        Err(rejection) => return rejected(vprotect, rejection),
    };
    match vprotect.context.api.log_in(command).await {
        Ok(begun) => response::logged_in(vprotect, &begun),
        Err(error) => response::login_failed(vprotect, inbound, &error),
    }
}

pub(super) async fn log_in_with_token(vprotect: Arc<Vprotect>, inbound: Inbound) -> Response {
    let command = match request::log_in_with_token(&vprotect, &inbound) {
        Ok(command) => command,
        Err(rejection) => return rejected(&vprotect, rejection),
    };
    match vprotect.context.api.log_in_with_token(command).await {
        Ok(begun) => response::logged_in(&vprotect, &begun),
        Err(error) => response::token_login_failed(&vprotect, &inbound, &error),
    }
}

pub(super) async fn log_out(vprotect: Arc<Vprotect>, inbound: Inbound) -> Response {
    let command = match request::log_out(&vprotect, &inbound) {
        Ok(command) => command,
        Err(Rejection::NoSession) => return response::forgotten(&vprotect),
        Err(rejection) => return rejected(&vprotect, rejection),
    };
    match vprotect.context.api.end_session(command).await {
        Ok(()) => response::logged_out(&vprotect),
        Err(error) => response::logout_failed(&vprotect, &inbound, &error),
    }
}

pub(super) async fn describe_session(vprotect: Arc<Vprotect>, inbound: Inbound) -> Response {
    let command = match request::describe_session(&vprotect, inbound.head()) {
        Ok(command) => command,
        Err(rejection) => return rejected(&vprotect, rejection),
    };
    match vprotect.context.api.describe_session(command).await {
        Ok(view) => response::session(&view),
        Err(error) => response::session_failed(&vprotect, &inbound, &error),
    }
}

pub(super) fn describe_session_at_hand(vprotect: &Vprotect, head: Head<'_>) -> Option<Response> {
    let command = request::describe_session(vprotect, head).ok()?;
    vprotect.context.at_hand.described(&command, head.caught_up).map(|view| response::session(&view))
}

pub(super) async fn describe_user(vprotect: Arc<Vprotect>, inbound: Inbound) -> Response {
    let command = match request::describe_user(&vprotect, &inbound) {
        Ok(command) => command,
        Err(rejection) => return rejected(&vprotect, rejection),
    };
    match vprotect.context.api.describe_user(command).await {
        Ok(user) => response::user_details(&user),
        Err(error) => response::details_failed(&vprotect, &inbound, &error),
    }
}
