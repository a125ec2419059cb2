//! What is answered: headers for a proxy to pass on, or what RFC 7662 says; else a problem or an OAuth error.

use axum::{body::Bytes, response::Response};
use http::{HeaderName, HeaderValue, StatusCode, header::WWW_AUTHENTICATE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use vestibule_application::{
    use_cases::{introspect_session, verify_session},
    view::SessionView,
};
use vestibule_domain::rights::{Right, RoleName};

use super::{Verify, request::Rejection};
use crate::{
    dialect::Dialect,
    inbound::Inbound,
    reply::{self, JSON, problem},
};

/// What names and addresses are encoded by: UTF-8, with everything percent-encoded that could mean anything to whoever
/// splits, decodes or compares header values.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b'@');

const IDENTITIES: usize = 8;

/// The headers that tell who it is, besides the assertion.
pub(super) const IDENTITY: [HeaderName; IDENTITIES] = [
    HeaderName::from_static("x-session-id"),
    HeaderName::from_static("x-session-rights"),
    HeaderName::from_static("x-user-id"),
    HeaderName::from_static("x-user-login"),
    HeaderName::from_static("x-user-email"),
    HeaderName::from_static("x-user-roles"),
    HeaderName::from_static("x-node-id"),
    HeaderName::from_static("x-node-name"),
];

pub(super) const ASSERTION: HeaderName = HeaderName::from_static("x-session-assertion");

/// For people, besides the statuses.
const UNKNOWN_CLIENT: &str = "show an API token of this service, see `vestibule client add`";

impl Verify {
    pub(super) fn verified(
        &self,
        inbound: &Inbound,
        result: Result<verify_session::Outcome, verify_session::Error>,
    ) -> Response {
        match result {
            Ok(outcome) => identity(&outcome),
            Err(verify_session::Error::UnknownSession) => no_session(),
            Err(verify_session::Error::Store(cause)) => self.store_failed(inbound, &cause),
        }
    }

    pub(super) fn introspected(
        &self,
        inbound: &Inbound,
        result: Result<introspect_session::Outcome, introspect_session::Error>,
    ) -> Response {
        match result {
            Ok(view) => reply::json(StatusCode::OK, JSON, &Introspection::of(view.as_ref())),
            Err(introspect_session::Error::UnknownClient) => {
                let mut response = oauth_error(StatusCode::UNAUTHORIZED, "invalid_client", UNKNOWN_CLIENT);
                let schemes = HeaderValue::from_static("Basic realm=\"introspection\", Bearer, Token");
                response.headers_mut().insert(WWW_AUTHENTICATE, schemes);
                response
            }
            Err(introspect_session::Error::Store(cause)) => self.store_failed(inbound, &cause),
        }
    }
}

/// Every header each time, empty where there is nothing to say: so each one replaces whatever a client made up, also in
/// proxies that only overwrite.
pub(super) fn identity(outcome: &verify_session::Outcome) -> Response {
    let SessionView { session, principal, rights, .. } = &outcome.view;
    let (user, node) = (principal.user(), principal.node());
    // One after the other in one place: to ask for room for each takes longer than to write them.
    let mut text = String::with_capacity(256);
    let ends: [usize; IDENTITIES] = [
        add_id(&mut text, Some(session.id.as_uuid())),
        // Words of letters, digits and . _ - : / that never need encoding.
        add_words(&mut text, rights.iter().map(Right::as_str)),
        add_id(&mut text, user.map(|user| user.id.as_uuid())),
        add_encoded(&mut text, user.map(|user| user.login.as_str())),
        add_encoded(&mut text, user.map(|user| user.email.as_str())),
        add_words(&mut text, principal.roles().map(RoleName::as_str)),
        add_id(&mut text, node.map(|node| node.id.as_uuid())),
        add_encoded(&mut text, node.map(|node| node.name.as_str())),
    ];
    let (text, mut begin) = (Bytes::from(text), 0);
    let mut response = reply::empty(StatusCode::OK);
    let headers = response.headers_mut();
    // For these, and for what every answer has.
    headers.reserve(2 * IDENTITIES);
    for (name, end) in IDENTITY.into_iter().zip(ends) {
        // All that could not stand in a header is encoded; if it were not, nobody would be let in under half a name.
        let Ok(value) = HeaderValue::from_maybe_shared(text.slice(begin..end)) else { return no_session() };
        headers.insert(name, value);
        begin = end;
    }
    let assertion = outcome.assertion.as_ref().map_or("", |assertion| assertion.expose());
    let Ok(mut assertion) = HeaderValue::from_str(assertion) else { return no_session() };
    assertion.set_sensitive(true);
    headers.insert(ASSERTION, assertion);
    response
}

/// Adds an identifier, and says where it ends.
fn add_id(text: &mut String, id: Option<Uuid>) -> usize {
    let mut buffer = Uuid::encode_buffer();
    text.push_str(id.map_or("", |id| id.hyphenated().encode_lower(&mut buffer)));
    text.len()
}

/// The same of words, between which there are commas.
fn add_words<'a>(text: &mut String, words: impl Iterator<Item = &'a str>) -> usize {
    for (number, word) in words.enumerate() {
        text.push_str(if number == 0 { "" } else { "," });
        text.push_str(word);
    }
    text.len()
}

/// The same of what has to be encoded.
fn add_encoded(text: &mut String, word: Option<&str>) -> usize {
    text.extend(word.into_iter().flat_map(|word| utf8_percent_encode(word, ENCODED)));
    text.len()
}

/// For whatever reason: no token, one that is worth nothing, or a session that is nobody's.
pub(super) fn no_session() -> Response {
    let mut response =
        problem(StatusCode::UNAUTHORIZED, "no_session", "the request comes with no session of anybody's");
    response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
    response
}

/// Section 2.2, with members of our own: `sid`, `node`, `roles`. Without a session nothing but that there is none.
#[derive(Default, Serialize, ToSchema)]
pub(super) struct Introspection<'a> {
    active: bool,
    #[serde(flatten)]
    #[schema(ignore)]
    details: Option<Details<'a>>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct Details<'a> {
    token_type: &'static str,
    scope: String,
    sub: String,
    /// Of users only: a node may be named like anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    roles: Vec<&'a str>,
    iat: i64,
    exp: i64,
    jti: String,
    sid: String,
}

impl<'a> Introspection<'a> {
    fn of(view: Option<&'a SessionView>) -> Self {
        let details = view.and_then(Details::of);
        Self { active: details.is_some(), details }
    }
}

impl<'a> Details<'a> {
    fn of(view: &'a SessionView) -> Option<Self> {
        let SessionView { session, principal, rights, .. } = view;
        let (user, node) = (principal.user(), principal.node());
        let rights: Vec<&str> = rights.iter().map(Right::as_str).collect();
        Some(Self {
            token_type: "Bearer",
            scope: rights.join(" "),
            sub: user.map(|user| user.id.to_string()).or(node.map(|node| node.id.to_string()))?,
            username: user.map(|user| user.login.as_str()),
            node: node.map(|node| node.name.as_str()),
            roles: principal.roles().map(RoleName::as_str).collect(),
            iat: session.authenticated.unwrap_or(session.begun).as_secs(),
            exp: session.expires.as_secs(),
            // As in the signed form of the same session.
            jti: format!("{}.{}", session.id, session.epoch),
            sid: session.id.to_string(),
        })
    }
}

impl From<Rejection> for Response {
    fn from(rejection: Rejection) -> Self {
        match rejection {
            Rejection::Insecure => problem(
                StatusCode::FORBIDDEN,
                "insecure_transport",
                "API tokens are taken over TLS only; behind a proxy that speaks it, see server.trusted_proxies",
            ),
            Rejection::Malformed(why) => oauth_error(StatusCode::BAD_REQUEST, "invalid_request", why),
        }
    }
}

#[derive(Serialize, ToSchema)]
pub(super) struct OauthError {
    error: &'static str,
    error_description: &'static str,
}

/// As RFC 6749 has it, section 5.2.
fn oauth_error(status: StatusCode, error: &'static str, error_description: &'static str) -> Response {
    reply::json(status, JSON, &OauthError { error, error_description })
}
