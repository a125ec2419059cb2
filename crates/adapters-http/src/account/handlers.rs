//! What answers: read, ask, tell.

use std::sync::Arc;

use axum::response::Response;

use super::{Account, request};
use crate::inbound::Inbound;

pub(super) async fn change_password(account: Arc<Account>, inbound: Inbound) -> Response {
    match request::change_password(&account, &inbound) {
        Ok(command) => account.changed(&inbound, account.api.change_password(command).await),
        Err(rejection) => rejection.into(),
    }
}

pub(super) async fn reset_password(account: Arc<Account>, inbound: Inbound) -> Response {
    match request::reset_password(&account, &inbound) {
        Ok(command) => account.reset(&inbound, account.api.reset_password(command).await),
        Err(rejection) => rejection.into(),
    }
}
