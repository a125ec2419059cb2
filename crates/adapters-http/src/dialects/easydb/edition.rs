//! The few values in which the editions differ.

use http::StatusCode;

use crate::dialect::Edition;

/// Paths, statuses and the shape of the session object.
pub(super) struct Wording {
    pub(super) session: &'static str,
    pub(super) authenticate: &'static str,
    pub(super) deauthenticate: Option<&'static str>,
    /// What is answered to a token that is not accepted where a session is asked for.
    pub(super) unknown_session: StatusCode,
    /// What is answered to it where a session is to be authenticated.
    pub(super) unauthenticable_session: StatusCode,
    /// Whether the session object tells of the user, the groups, the service and its methods, and of authentication as
    /// an object that is absent while there is none.
    pub(super) tells_more: bool,
}

impl Wording {
    const DOCUMENTED: Self = Self {
        session: "/api/session",
        authenticate: "/api/session/authenticate",
        deauthenticate: None,
        unknown_session: StatusCode::NOT_FOUND,
        unauthenticable_session: StatusCode::FORBIDDEN,
        tells_more: false,
    };
    const DEPLOYED: Self = Self {
        session: "/api/v1/session",
        authenticate: "/api/v1/session/authenticate",
        deauthenticate: Some("/api/v1/session/deauthenticate"),
        unknown_session: StatusCode::BAD_REQUEST,
        unauthenticable_session: StatusCode::BAD_REQUEST,
        tells_more: true,
    };

    pub(super) fn of(edition: Edition) -> &'static Self {
        match edition {
            Edition::Documented => &Self::DOCUMENTED,
            Edition::Deployed => &Self::DEPLOYED,
        }
    }
}
