//! Seed 004: logins of users and nodes to a console, JSON in and out. The session travels in a cookie, or as a bearer token.

mod handlers;
mod openapi;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use axum::response::Response;
use http::{Method, StatusCode};

use crate::{
    cookie::CookieSpec,
    dialect::{Context, Dialect, Edition, Refusal, Route},
};

/// What the operator decides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// The name of the cookie that carries the session.
    pub cookie_name: String,
    /// The origins, besides this service's own, whose pages may log in and out: `https://app.example`.
    pub allowed_origins: Vec<String>,
    /// How long browsers keep the cookie.
    pub cookie_max_age: Duration,
}

/// The dialect.
pub struct Vprotect {
    context: Context,
    settings: Settings,
    statuses: Statuses,
}

/// In what the editions differ.
#[derive(Clone, Copy)]
struct Statuses {
    logged_in: StatusCode,
    logged_out: StatusCode,
    wrong_credentials: StatusCode,
}

impl Statuses {
    const fn of(edition: Edition) -> Self {
        match edition {
            Edition::Documented => Self {
                logged_in: StatusCode::CREATED,
                logged_out: StatusCode::CREATED,
                wrong_credentials: StatusCode::UNAUTHORIZED,
            },
            Edition::Deployed => Self {
                logged_in: StatusCode::OK,
                logged_out: StatusCode::NO_CONTENT,
                wrong_credentials: StatusCode::BAD_REQUEST,
            },
        }
    }
}

impl Vprotect {
    /// Speaks for `context`.
    pub fn new(context: Context, settings: Settings) -> Self {
        let statuses = Statuses::of(context.edition);
        Self { context, settings, statuses }
    }

    fn cookie(&self) -> CookieSpec {
        CookieSpec {
            name: self.settings.cookie_name.clone(),
            path: self.context.cookie_path().to_owned(),
            secure: self.context.site.is_https(),
        }
    }
}

impl Dialect for Vprotect {
    fn name(&self) -> &'static str {
        "vprotect"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        use handlers as h;
        use openapi as o;
        vec![
            Route::new("check_status", Method::GET, "/session", &self, h::check_status, o::check_status).with_head(),
            Route::new("log_in", Method::POST, "/session/login", &self, h::log_in, o::log_in),
            Route::new(
                "log_in_with_token",
                Method::POST,
                "/session/login-with-token",
                &self,
                h::log_in_with_token,
                o::log_in_with_token,
            ),
            Route::new("log_in", Method::POST, "/session/node/login", &self, h::log_in_node, o::log_in_node),
            Route::new("end_session", Method::POST, "/session/logout", &self, h::log_out, o::log_out),
            Route::new(
                "describe_session",
                Method::GET,
                "/session/user",
                &self,
                h::describe_session,
                o::describe_session,
            )
            .with_head()
            .at_hand(&self, h::describe_session_at_hand),
            Route::new(
                "describe_user",
                Method::GET,
                "/session/user/details",
                &self,
                h::describe_user,
                o::describe_user,
            )
            .with_head(),
        ]
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        response::refused(refusal)
    }
}
