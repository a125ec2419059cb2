//! How a program shows its API token.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, header::AUTHORIZATION};
use percent_encoding::percent_decode_str;
use vestibule_domain::{client::ClientName, secret::OpaqueToken};

/// What stands in `Authorization`.
#[derive(Default)]
pub(super) struct Credentials {
    /// The API token.
    pub(super) api_token: Option<OpaqueToken>,
    /// The name that the program says it has.
    pub(super) client: Option<ClientName>,
}

impl Credentials {
    /// Reads `Token token=X`, `Bearer X`, and `Basic` with the program's name and its token for a password, as OAuth
    /// clients do (RFC 6749, section 2.3.1); of two headers neither counts.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        let mut lines = headers.get_all(AUTHORIZATION).iter();
        let (Some(line), None) = (lines.next(), lines.next()) else { return Self::default() };
        line.to_str().ok().and_then(Self::read).unwrap_or_default()
    }

    fn read(line: &str) -> Option<Self> {
        let (scheme, given) = line.trim().split_once(' ')?;
        let given = given.trim();
        let of = |token: &str| Some(Self { api_token: OpaqueToken::parse(token).ok(), client: None });
        match scheme.to_ascii_lowercase().as_str() {
            "token" => of(given.strip_prefix("token=")?.trim_matches('"')),
            "bearer" => of(given),
            "basic" => Self::basic(given),
            _ => None,
        }
    }

    fn basic(given: &str) -> Option<Self> {
        let pair = STANDARD.decode(given).ok()?;
        let (name, token) = std::str::from_utf8(&pair).ok()?.split_once(':')?;
        // OAuth wants both parts encoded as in a form; neither has a character that would look different unencoded.
        let name = percent_decode_str(name).decode_utf8().ok()?;
        Some(Self { api_token: OpaqueToken::parse(token).ok(), client: Some(ClientName::parse(&name).ok()?) })
    }
}
