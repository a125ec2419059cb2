//! Begins an anonymous session, which costs no row; or, while the system has no users, one that may set it up.

use thiserror::Error;
use vestibule_domain::{secret::OpaqueToken, session::DeviceName};

use crate::{api::Caller, ports::StoreError, view::SessionView};

/// What makes a caller trustworthy enough to set the system up.
#[derive(Clone, Default)]
pub struct SetupClaim {
    /// The caller is on this machine, and nothing suggests that it speaks for somebody elsewhere.
    pub local: bool,
    /// The one-time secret that was printed at start.
    pub secret: Option<OpaqueToken>,
}

/// How the session is tied to a browser.
#[derive(Clone)]
pub enum Guarding {
    /// Not at all.
    None,
    /// To the browser that presents this guard secret; one that has none gets one.
    Browser(Option<OpaqueToken>),
}

/// Begin a session.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
    /// On what device.
    pub device: DeviceName,
    /// Whether a browser is to be told apart later.
    pub guarding: Guarding,
    /// What, if anything, entitles the caller to set the system up; nothing where an API does not offer that.
    pub setup: Option<SetupClaim>,
}

/// The session, its token, and the guard secret for the browser to keep.
pub struct Outcome {
    /// The session.
    pub view: SessionView,
    /// Its token.
    pub token: OpaqueToken,
    /// What the browser must show when it authenticates the session.
    pub guard: Option<OpaqueToken>,
}

/// Why there is no session.
#[derive(Debug, Error)]
pub enum Error {
    /// The store could not say whether the system is set up, or how long the message log is.
    #[error(transparent)]
    Store(#[from] StoreError),
}
