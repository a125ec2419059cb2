//! Seed 002: programs with an API token submit named forms, and the session they begin travels in a cookie.

mod handlers;
mod openapi;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use http::Method;

use crate::{
    cookie::CookieSpec,
    dialect::{Context, Dialect, Refusal, Route},
};

/// What the operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the cookie that carries the session.
    pub cookie_name: String,
    /// How long browsers keep the cookie.
    pub cookie_max_age: Duration,
}

/// The dialect.
pub struct Platformos {
    context: Context,
    settings: Settings,
}

impl Platformos {
    /// Speaks for `context`.
    pub fn new(context: Context, settings: Settings) -> Self {
        Self { context, settings }
    }

    fn cookie(&self) -> CookieSpec {
        CookieSpec {
            name: self.settings.cookie_name.clone(),
            path: self.context.cookie_path().to_owned(),
            secure: self.context.site.is_https(),
        }
    }
}

impl Dialect for Platformos {
    fn name(&self) -> &'static str {
        "platformos"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        use handlers as h;
        let routes_at = |path| {
            [
                Route::new("log_in_by_form", Method::POST, path, &self, h::log_in_by_form, openapi::log_in_by_form),
                Route::new(
                    "end_session_by_form",
                    Method::DELETE,
                    path,
                    &self,
                    h::end_session_by_form,
                    openapi::end_session_by_form,
                ),
            ]
        };
        ["/api/sessions", "/api/sessions.json"].into_iter().flat_map(routes_at).collect()
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        response::refused(refusal)
    }
}
