//! Which hosts are this one, and what a browser must prove.

use std::{net::IpAddr, str::FromStr};

use http::{HeaderName, header::HOST, uri::Authority};
use url::Url;
use vestibule_application::{
    api::Binding,
    use_cases::start_session::{Guarding, SetupClaim},
};
use vestibule_domain::{secret::OpaqueToken, session::Bearer};

use super::{Easydb, SetupOpenTo};
use crate::{
    inbound::Head,
    origin::{self, Provenance, is_localhost, is_loopback},
    params::Params,
};

const X_SETUP_SECRET: HeaderName = HeaderName::from_static("x-setup-secret");

/// The host the request was sent to, as it says.
fn host(head: Head<'_>) -> Option<&str> {
    head.header(HOST).or(head.uri.authority().map(Authority::as_str))
}

/// The same, as `scheme://host:port`.
pub(super) fn addressed(head: Head<'_>, scheme: &str) -> Option<Url> {
    Url::parse(&format!("{scheme}://{}", host(head)?)).ok()
}

/// Whether the host the request was sent to is this machine by its name or address, in plain words: what only a URL would be
/// read as one is not, and nothing is read as a URL here, where every anonymous session begins.
fn is_addressed_locally(head: Head<'_>) -> bool {
    let Some(authority) = host(head).and_then(|host| Authority::from_str(host).ok()) else { return false };
    let name = authority.host();
    match name.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
        Ok(address) => address.is_loopback(),
        Err(_) => is_localhost(&name.to_ascii_lowercase()),
    }
}

impl Easydb {
    /// What entitles the caller to set the system up. A page elsewhere that makes a browser on this machine ask is not
    /// local: its host's name is not (DNS rebinding).
    pub(super) fn setup_claim(&self, head: Head<'_>, params: &Params) -> Option<SetupClaim> {
        let local = head.client.is_local && is_loopback(&self.context.site.public_url) && is_addressed_locally(head);
        let secret = head.header(X_SETUP_SECRET).or(params.get("setup_secret"));
        let secret = secret.filter(|_| head.client.may_send_secrets()).and_then(|text| OpaqueToken::parse(text).ok());
        match self.setup() {
            SetupOpenTo::Loopback => Some(SetupClaim { local, secret }),
            SetupOpenTo::Secret => Some(SetupClaim { local: false, secret }),
            SetupOpenTo::Anyone => Some(SetupClaim { local: true, secret }),
            SetupOpenTo::Nobody => None,
        }
    }

    /// How a session that begins is tied to its browser.
    pub(super) fn guarding(&self, head: Head<'_>) -> Guarding {
        Guarding::Browser(self.guard(head))
    }

    /// What must be proven of the browser, if it is one, before its session is authenticated: against pages that post a
    /// login, or a session of their own, into somebody else's browser.
    pub(super) fn binding(&self, head: Head<'_>) -> Binding {
        let listed = &self.settings.login_origins;
        let is_strict = self.context.is_hardened() || !listed.is_empty();
        match origin::provenance(head.headers, &self.context.site, listed) {
            Provenance::NoBrowser | Provenance::Foreign if is_strict && origin::has_browser_signals(head.headers) => {
                Binding::Browser(self.guard(head))
            }
            Provenance::NoBrowser | Provenance::Own | Provenance::Listed | Provenance::Foreign => Binding::Free,
        }
    }

    /// The session whose token a login changed and left in a cookie, because it answered with a redirect. For our own
    /// pages only, and only to be told of.
    pub(super) fn handed_over(&self, head: Head<'_>) -> Option<Bearer> {
        if !self.context.is_hardened() {
            return None;
        }
        let is_foreign = origin::provenance(head.headers, &self.context.site, &[]) == Provenance::Foreign;
        let token = head.cookie(&self.session_cookie.name).filter(|_| !is_foreign)?;
        Bearer::parse(token).ok()
    }

    fn guard(&self, head: Head<'_>) -> Option<OpaqueToken> {
        head.cookie(&self.guard_cookie.name).and_then(|text| OpaqueToken::parse(text).ok())
    }
}
