//! Which page, if any, made a browser send a request.

use http::{
    HeaderMap,
    header::{COOKIE, HOST, ORIGIN},
};
use url::{Host, Origin, Url};

use crate::dialect::Site;

/// Where a request was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Provenance {
    /// By a program, as far as the headers tell.
    NoBrowser,
    /// By a page of this service's own origin, or by the user directly.
    Own,
    /// By a page of a listed origin.
    Listed,
    /// By a page from anywhere else.
    Foreign,
}

/// Whether a URL's host is this machine by its name or address.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => is_localhost(name),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a name, in lower case, is this machine's for itself.
pub(crate) fn is_localhost(name: &str) -> bool {
    name == "localhost" || name.ends_with(".localhost")
}

/// Finds out by `Origin`, else by `Sec-Fetch-Site`. `listed` are origins such as `https://app.example`.
pub fn provenance(headers: &HeaderMap, site: &Site, listed: &[String]) -> Provenance {
    if let Some(origin) = headers.get(ORIGIN) {
        let origin = origin.to_str().ok().and_then(|text| Url::parse(text).ok()).map(|url| url.origin());
        return match origin {
            Some(origin) if is_own(&origin, headers, site) => Provenance::Own,
            Some(origin) if listed.iter().any(|one| is_at(one, &origin)) => Provenance::Listed,
            Some(_) | None => Provenance::Foreign,
        };
    }
    match headers.get("sec-fetch-site").map(http::HeaderValue::as_bytes) {
        None => Provenance::NoBrowser,
        Some(b"same-origin" | b"none") => Provenance::Own,
        Some(_) => Provenance::Foreign,
    }
}

/// Whether anything suggests a browser: fetch metadata, an origin, or a cookie.
pub fn has_browser_signals(headers: &HeaderMap) -> bool {
    headers.contains_key(ORIGIN) || headers.contains_key(COOKIE) || headers.contains_key("sec-fetch-site")
}

/// Whether a browser fetched ahead of any wish of its user's.
pub fn is_prefetch(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-moz"]
        .iter()
        .filter_map(|name| headers.get(*name)?.to_str().ok())
        .any(|value| value.to_ascii_lowercase().contains("prefetch"))
}

/// The public origin, or the one the browser was pointed at: a page elsewhere cannot choose the `Host` of its requests.
/// Where the site is on TLS, a page that is not is nobody's: whoever sits on the wire may have written it.
fn is_own(origin: &Origin, headers: &HeaderMap, site: &Site) -> bool {
    let host = headers.get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    let schemes: &[&str] = if site.is_https() { &["https"] } else { &["http", "https"] };
    *origin == site.public_url.origin() || schemes.iter().any(|scheme| is_at(&format!("{scheme}://{host}"), origin))
}

fn is_at(url: &str, origin: &Origin) -> bool {
    Url::parse(url).is_ok_and(|url| url.origin() == *origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(public_url: &str, pairs: &[(&'static str, &str)]) -> Provenance {
        let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        provenance(
            &headers,
            &Site { public_url: public_url.parse().unwrap(), is_fixed: false },
            &["https://app.example".to_owned()],
        )
    }

    fn from(pairs: &[(&'static str, &str)]) -> Provenance {
        at("https://id.example/", pairs)
    }

    #[test]
    fn the_origin_header_decides() {
        assert_eq!(from(&[]), Provenance::NoBrowser);
        assert_eq!(from(&[("origin", "https://id.example")]), Provenance::Own);
        assert_eq!(from(&[("origin", "https://app.example")]), Provenance::Listed);
        assert_eq!(from(&[("origin", "https://other.example"), ("host", "other.example")]), Provenance::Own);
        for origin in
            ["null", "http://id.example", "https://id.example:444", "https://id.example.evil.test", "https://evil.test"]
        {
            let headers = [("origin", origin), ("sec-fetch-site", "same-origin"), ("host", "id.example")];
            assert_eq!(from(&headers), Provenance::Foreign, "{origin}");
        }
    }

    #[test]
    fn a_site_without_tls_is_known_by_the_host_it_was_reached_at() {
        let reached = |origin: &str| at("http://127.0.0.1:8080", &[("origin", origin), ("host", "localhost:8080")]);
        assert_eq!(reached("http://localhost:8080"), Provenance::Own);
        assert_eq!(reached("http://localhost:8081"), Provenance::Foreign);
    }

    #[test]
    fn fetch_metadata_decides_where_there_is_no_origin() {
        assert_eq!(from(&[("sec-fetch-site", "same-origin")]), Provenance::Own);
        assert_eq!(from(&[("sec-fetch-site", "none")]), Provenance::Own);
        assert_eq!(from(&[("sec-fetch-site", "same-site")]), Provenance::Foreign);
        assert_eq!(from(&[("sec-fetch-site", "cross-site")]), Provenance::Foreign);
    }

    #[test]
    fn prefetches_are_known_by_either_header() {
        let with = |name: &'static str, value: &str| {
            is_prefetch(&HeaderMap::from_iter([(name.parse().unwrap(), value.parse().unwrap())]))
        };
        assert!(with("sec-purpose", "prefetch;prerender"));
        assert!(with("purpose", "Prefetch"));
        assert!(!with("purpose", "navigate"));
    }
}
