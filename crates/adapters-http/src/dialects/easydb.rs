//! Seed 000: sessions that begin anonymous and are authenticated later, by a form post that redirects.

mod edition;
mod handlers;
mod openapi;
mod origins;
mod redirect;
mod request;
mod response;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Once};

use axum::response::Response;
use http::Method;

use self::edition::Wording;
use crate::{
    cookie::CookieSpec,
    dialect::{Context, Dialect, Refusal, Route},
};

/// Who may set up a system that has no users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SetupOpenTo {
    /// Callers on this machine, and whoever presents the setup secret.
    #[default]
    Loopback,
    /// Whoever presents the setup secret.
    Secret,
    /// Anyone.
    Anyone,
    /// Nobody.
    Nobody,
}

/// What can be chosen about this dialect.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// Whether `anonymous` is a method of authentication.
    pub anonymous: bool,
    /// The origins whose pages may post logins, besides our own. None: pages from anywhere, unless hardened.
    pub login_origins: Vec<String>,
    /// The origins that a login may redirect to, besides this host.
    pub redirect_origins: Vec<String>,
    /// Who may set the system up. Hardened, loopback and anyone count as [`SetupOpenTo::Secret`].
    pub setup: SetupOpenTo,
}

/// The dialect.
pub struct Easydb {
    context: Context,
    settings: Settings,
    wording: &'static Wording,
    /// By which a browser proves that it began a session.
    guard_cookie: CookieSpec,
    /// That carries a new token where the answer is a redirect.
    session_cookie: CookieSpec,
    overheard: Once,
}

impl Easydb {
    /// Speaks for the use cases of `context`, in its edition.
    pub fn new(context: Context, settings: Settings) -> Self {
        let wording = Wording::of(context.edition);
        let (guard_cookie, session_cookie) =
            (cookie(&context, "vestibule_guard"), cookie(&context, "vestibule_session"));
        Self { context, settings, wording, guard_cookie, session_cookie, overheard: Once::new() }
    }

    fn setup(&self) -> SetupOpenTo {
        let open_to = self.settings.setup;
        if self.context.is_hardened() && open_to != SetupOpenTo::Nobody { SetupOpenTo::Secret } else { open_to }
    }

    /// Once: whoever does so does it with every request.
    fn warn_of_overhearing(&self) {
        self.overheard.call_once(|| {
            tracing::warn!(
                "session tokens come in URLs over plain HTTP, where others can read them: set server.tls or \
                 server.trusted_proxies, or set profile to \"hardened\" to refuse them"
            );
        });
    }
}

/// The prefix `__Host-` keeps other hosts of the domain from planting a cookie (RFC 6265bis); it is possible over TLS at
/// the root only.
fn cookie(context: &Context, name: &str) -> CookieSpec {
    let secure = context.site.is_https();
    let prefix = if secure && context.prefix.is_empty() { "__Host-" } else { "" };
    CookieSpec { name: format!("{prefix}{name}"), path: context.cookie_path().to_owned(), secure }
}

impl Dialect for Easydb {
    fn name(&self) -> &'static str {
        "easydb"
    }

    fn routes(self: Arc<Self>) -> Vec<Route> {
        use handlers as h;
        use openapi as o;
        let Wording { session, authenticate, deauthenticate, .. } = *self.wording;
        let sign_out = |path| Route::new("sign_out", Method::POST, path, &self, h::deauthenticate, o::deauthenticate);
        let always = [
            // Describes a session and signs it out, too, by its parameters.
            Route::new("start_session", Method::GET, session, &self, h::session, o::session)
                .at_hand(&self, h::session_at_hand),
            Route::new("authenticate_session", Method::POST, authenticate, &self, h::authenticate, o::authenticate),
        ];
        always.into_iter().chain(deauthenticate.map(sign_out)).collect()
    }

    fn refuse(&self, refusal: Refusal) -> Response {
        response::refusal(refusal)
    }
}
