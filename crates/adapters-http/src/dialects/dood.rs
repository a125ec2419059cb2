//! Seed 003: mobile clients, result codes in an envelope, registration. Parameters come in the query or the body, and the
//! session in `session_key`.

mod handlers;
mod openapi;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::response::Response;
use http::Method;

use crate::{
    dialect::{Context, Dialect, Edition, Refusal, Route},
    inbound::Inbound,
};

/// What the operator decides.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Settings {
    /// Login and registration are refused over plain HTTP, on this machine too. A hardened mount always does so.
    pub require_https: bool,
    /// Nobody can register.
    pub is_closed: bool,
    /// `photo_server` of every session.
    pub photo_server: String,
    /// `category_version` of every session, in milliseconds since the epoch.
    pub category_version: i64,
}

/// The dialect.
pub struct Dood {
    context: Context,
    settings: Settings,
}

impl Dood {
    /// Speaks for `context`.
    pub fn new(context: Context, settings: Settings) -> Self {
        Self { context, settings }
    }

    /// Whether a password in this request has crossed no network in the clear.
    fn keeps_secrets(&self, inbound: &Inbound) -> bool {
        if self.settings.require_https || self.context.is_hardened() {
            inbound.client.is_secure
        } else {
            inbound.client.may_send_secrets()
        }
    }

    fn routes_at(self: &Arc<Self>, [start, login, logout, register]: [&'static str; 4]) -> Vec<Route> {
        use handlers as h;
        let mut routes = vec![
            Route::new("start_session", Method::GET, start, self, h::start, openapi::start),
            Route::new("log_in", Method::POST, login, self, h::log_in, openapi::log_in),
            Route::new("end_session", Method::GET, logout, self, h::log_out, openapi::log_out),
            Route::new("register", Method::POST, register, self, h::register, openapi::register),
        ];
        if !self.context.is_hardened() {
            // "Warning: currently we support HTTP and GET method in this request."
            routes.push(Route::new("log_in", Method::GET, login, self, h::log_in, openapi::log_in));
            routes.push(Route::new("register", Method::GET, register, self, h::register, openapi::register));
        }
        routes
    }
}

impl Dialect for Dood {
    fn name(&self) -> &'static str {
        "dood"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        let mut routes =
            self.routes_at(["/session/start/", "/session/login/", "/session/logout/", "/session/register/"]);
        let bare = self.routes_at(["/session/start", "/session/login", "/session/logout", "/session/register"]);
        routes.extend(bare.into_iter().map(|route| match self.context.edition {
            Edition::Documented => route.yielding(),
            Edition::Deployed => route,
        }));
        routes
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        response::refused(refusal)
    }
}
