//! Settings that are text of a certain form.

use serde_json::Value as Json;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::Kind;

/// Declares a text of which only some are allowed.
macro_rules! checked_text {
    ($(#[$doc:meta])* $name:ident, $allowed:literal, $check:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Kind for $name {
            fn allowed() -> String {
                $allowed.to_owned()
            }

            fn read(value: &Json) -> Option<Self> {
                let check: fn(&str) -> Option<String> = $check;
                check(value.as_str()?).map(Self)
            }

            fn show(&self) -> Json {
                self.as_str().into()
            }
        }
    };
}

checked_text!(
    /// The origin of a web page, as browsers write it.
    WebOrigin,
    "an origin such as https://app.example.org, without a path",
    |text| {
        let url = Url::parse(text).ok().filter(|url| is_bare(url) && url.path() == "/")?;
        Some(url.origin().ascii_serialization())
    }
);

checked_text!(
    /// What the outside world calls the service.
    PublicUrl,
    "an http or https URL such as https://login.example.org",
    |text| Url::parse(text).ok().filter(is_bare).map(Into::into)
);

checked_text!(
    /// The name of a cookie.
    CookieName,
    "a cookie's name: letters, digits, '-', '_' and '.'",
    |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        ((1..=100).contains(&text.len()) && text.bytes().all(fits)).then(|| text.to_owned())
    }
);

checked_text!(
    /// The path prefix of a mount.
    Prefix,
    "empty or a path such as /auth, without a slash at the end",
    |text| {
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
        let segment = |segment: &str| !matches!(segment, "" | "." | "..") && segment.bytes().all(fits);
        let segments = text.strip_prefix('/').map(|path| path.split('/').all(segment));
        (text.is_empty() || segments == Some(true)).then(|| text.to_owned())
    }
);

impl Prefix {
    /// No prefix at all.
    pub(in crate::settings) fn root() -> Self {
        Self(String::new())
    }
}

checked_text!(
    /// A host name, in lower case, or an IP address.
    HostName,
    "host names such as login.example.org, without scheme, port or wildcard",
    |text| {
        let host = url::Host::parse(text).ok()?.to_string();
        let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'[' | b']');
        host.bytes().all(fits).then_some(host)
    }
);

checked_text!(
    /// Which events are logged.
    LogFilter,
    "a level (error, warn, info, debug, trace, off) or levels by module such as info,vestibule_adapters_http=debug",
    |text| EnvFilter::try_new(text).ok().filter(|_| !text.trim().is_empty()).map(|_| text.to_owned())
);

/// An http or https URL of nothing but an origin and a path.
fn is_bare(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none()
}
