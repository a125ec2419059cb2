//! Where a login may send a browser: a path on this host, or a URL of an origin that is allowed.
//!
//! What is sent is never the text that was given, but what the parser read from it.

#[cfg(test)]
mod tests;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::{Origin, Position, Url};
use vestibule_domain::user::LoginKey;

use super::{Easydb, origins};
use crate::{inbound::Inbound, origin::is_loopback};

/// The longest target that is looked at, in bytes.
const MAX_BYTES: usize = 2048;

/// The target is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NotAllowed;

/// A target that is allowed.
#[derive(Clone, Debug)]
pub(super) struct Target {
    url: Url,
    /// Given as a path, and sent as one: the browser stays at the host it knows us by.
    is_path: bool,
}

/// What is allowed for one request.
pub(super) struct Allowed {
    base: Url,
    origins: Vec<Origin>,
    loopback: bool,
}

impl Allowed {
    /// The public origin; where nobody said which that is, the one the request was sent to (in plain HTTP only where the
    /// site is not HTTPS); the ones that are listed; and unless hardened this machine.
    pub(super) fn by(easydb: &Easydb, inbound: &Inbound) -> Self {
        let site = &easydb.context.site;
        let schemes = match (site.is_fixed, site.is_https()) {
            (true, _) => &[][..],
            (false, true) => &["https"],
            (false, false) => &["http", "https"],
        };
        let addressed = schemes.iter().filter_map(|scheme| origins::addressed(inbound.head(), scheme));
        let listed = easydb.settings.redirect_origins.iter().filter_map(|origin| Url::parse(origin).ok());
        let urls = addressed.chain(listed).chain([site.public_url.clone()]);
        Self {
            base: site.public_url.clone(),
            origins: urls.map(|url| url.origin()).collect(),
            loopback: !easydb.context.is_hardened(),
        }
    }

    /// Reads a target.
    pub(super) fn target(&self, text: &str) -> Result<Target, NotAllowed> {
        // Browsers drop some of these and take others for something else.
        let is_odd = |c: char| c.is_control() || c.is_whitespace() || c == '\\';
        if text.len() > MAX_BYTES || text.contains(is_odd) {
            return Err(NotAllowed);
        }
        if text.starts_with('/') { self.path(text) } else { self.absolute(text) }
    }

    fn path(&self, text: &str) -> Result<Target, NotAllowed> {
        let url = self.base.join(text).map_err(|_| NotAllowed)?;
        // A path of two slashes, given or left over from dots, would be read as another host.
        if text.starts_with("//") || url.path().starts_with("//") || url.origin() != self.base.origin() {
            return Err(NotAllowed);
        }
        Ok(Target { url, is_path: true })
    }

    fn absolute(&self, text: &str) -> Result<Target, NotAllowed> {
        let url = Url::parse(text).map_err(|_| NotAllowed)?;
        let is_allowed = self.origins.contains(&url.origin()) || self.loopback && is_loopback(&url);
        let is_web = matches!(url.scheme(), "http" | "https");
        if is_web && is_allowed && names_its_host(text, &url) {
            Ok(Target { url, is_path: false })
        } else {
            Err(NotAllowed)
        }
    }
}

/// Whether the text's authority is the host and port that were read from it, letter by letter: no user, no other way to
/// write an address, no look-alike, no slash too many or too few.
fn names_its_host(text: &str, url: &Url) -> bool {
    let start = format!("{}://{}", url.scheme(), url.host_str().unwrap_or_default());
    let rest = text.get(start.len()..).filter(|_| text[..start.len()].eq_ignore_ascii_case(&start));
    let rest = rest
        .map(|rest| rest.strip_prefix(':').map_or(rest, |port| port.trim_start_matches(|c: char| c.is_ascii_digit())));
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?', '#']))
}

impl Target {
    /// The target as it is sent.
    pub(super) fn location(&self) -> &str {
        if self.is_path { &self.url[Position::BeforePath..] } else { self.url.as_str() }
    }

    /// The target with what a page there is told of a failure: `#m:<reason>#l:<login>`, in place of its own fragment.
    pub(super) fn failed(mut self, reason: &str, login: &str) -> Self {
        // A longer one is nobody's.
        let login: String = login.chars().take(LoginKey::MAX).collect();
        let login = utf8_percent_encode(&login, NON_ALPHANUMERIC);
        self.url.set_fragment(Some(&format!("m:{reason}#l:{login}")));
        self
    }
}
