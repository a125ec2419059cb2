//! Assertions: what other services are told of a session, signed with the same keys as its token and never taken for it.
//!
//! Their header names another type, and a session's token must have the header of one byte for byte; their audience is
//! another, which verifiers elsewhere check who know of no types.

use serde::Serialize;
use uuid::Uuid;
use vestibule_application::view::SessionView;
use vestibule_domain::{
    rights::{Right, RoleName},
    time::Timestamp,
};

/// `typ` of an assertion's header.
pub(super) const TYPE: &str = "vestibule-assertion+jwt";

/// What the issuer is followed by in the audience of assertions.
const AUDIENCE: &str = "verify";

/// The claims on the wire. Times are whole seconds.
#[derive(Serialize)]
pub(super) struct WireAssertion<'a> {
    iss: &'a str,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    iat: i64,
    exp: i64,
    /// The login name, of users only: a node may be named like anybody.
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    /// The name, of nodes only.
    #[serde(skip_serializing_if = "Option::is_none")]
    node: Option<&'a str>,
    roles: Vec<&'a str>,
    /// The rights.
    scope: String,
}

impl<'a> WireAssertion<'a> {
    /// Nothing for a session that is nobody's.
    pub(super) fn of(view: &'a SessionView, iss: &'a str, issued: Timestamp, expires: Timestamp) -> Option<Self> {
        let (user, node) = (view.principal.user(), view.principal.node());
        let rights: Vec<&str> = view.rights.iter().map(Right::as_str).collect();
        Some(Self {
            iss,
            aud: format!("{}/{AUDIENCE}", iss.trim_end_matches('/')),
            sub: user.map(|user| user.id.as_uuid()).or(node.map(|node| node.id.as_uuid()))?,
            sid: view.session.id.as_uuid(),
            iat: issued.as_secs(),
            exp: expires.as_secs(),
            username: user.map(|user| user.login.as_str()),
            email: user.map(|user| user.email.as_str()),
            node: node.map(|node| node.name.as_str()),
            roles: view.principal.roles().map(RoleName::as_str).collect(),
            scope: rights.join(" "),
        })
    }
}
