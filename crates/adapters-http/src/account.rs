//! The service's own API for passwords: changing one that is known, and resetting one that is lost.
//!
//! No published API has these. They are beside the dialects and mounted like one, and speak of problems as RFC 9457 does.

mod handlers;
mod openapi;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::response::Response;
use http::Method;
use vestibule_application::api::AccountApi;

use crate::{
    dialect::{Dialect, Refusal, Route, Site},
    reply,
};

/// The API. It has one edition and one profile.
pub struct Account {
    api: Arc<dyn AccountApi>,
    site: Arc<Site>,
}

impl Account {
    /// Where it is: it has no other place.
    pub const PREFIX: &str = "/account";

    /// Speaks for these use cases.
    pub fn new(api: Arc<dyn AccountApi>, site: Arc<Site>) -> Self {
        Self { api, site }
    }
}

impl Dialect for Account {
    fn name(&self) -> &'static str {
        "account"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        use handlers as h;
        vec![
            Route::new(
                "change_password",
                Method::POST,
                "/password",
                &self,
                h::change_password,
                openapi::change_password,
            ),
            Route::new("reset_password", Method::POST, "/reset", &self, h::reset_password, openapi::reset_password),
        ]
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        reply::refusal(refusal)
    }
}
