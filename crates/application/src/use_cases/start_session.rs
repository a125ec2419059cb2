//! Begins an anonymous session, which costs no row; or, while the system has no users, one that may set it up.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use thiserror::Error;
use vestibule_domain::{
    network::Network,
    rights::Rights,
    secret::OpaqueToken,
    session::{DeviceName, Session},
};

use crate::{
    api::Caller,
    policies::{lifetimes::LifetimePolicy, setup::SetupGrants, viewer::Viewer},
    ports::{Bucket, Budgets, CaughtUp, Clock, Memory, NotCharged, Seal, Seals, StoreError, Tokens},
    view::{Principal, SessionView},
};

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

/// Begin a session, on whatever device: a sealed token has no room for its name.
pub struct Command {
    /// Who asks.
    pub caller: Caller,
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
    /// Too many sessions began from there.
    #[error("too many sessions began from there")]
    Throttled {
        /// When to try again.
        retry_after: Duration,
    },
    /// The store could not say whether the system is set up, or how long the message log is.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<NotCharged> for Error {
    fn from(not_charged: NotCharged) -> Self {
        match not_charged {
            NotCharged::Spent { retry_after, .. } => Self::Throttled { retry_after },
            NotCharged::Store(error) => Self::Store(error),
        }
    }
}

/// A session that was sealed, its token, and the guard secret.
struct Sealed {
    session: Session,
    token: OpaqueToken,
    guard: Option<OpaqueToken>,
}

/// Seals a session.
pub struct UseCase {
    /// What beginnings are charged to. For each process its own: a beginning costs no row, and so must not cost one to be
    /// counted.
    pub budgets: Arc<dyn Budgets>,
    /// What is at hand of the message log.
    pub memory: Arc<dyn Memory>,
    /// Sealed tokens.
    pub seals: Arc<dyn Seals>,
    /// Guard secrets.
    pub tokens: Arc<dyn Tokens>,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// How long sessions live.
    pub lifetimes: Arc<LifetimePolicy>,
    /// Who may set the system up.
    pub setup: Arc<SetupGrants>,
    /// For the answer.
    pub viewer: Arc<Viewer>,
}

impl UseCase {
    /// Begins a session. Nothing is written.
    pub async fn run(&self, command: Command) -> Result<Outcome, Error> {
        let address = command.caller.address.to_canonical();
        // Who is on this machine can have it all in other ways.
        if !address.is_loopback() {
            self.budgets.charge(&[Bucket::BeginningFrom(Network::of(address))]).await?;
        }
        let setup = match &command.setup {
            Some(claim) => self.setup.grants(claim).await?,
            None => false,
        };
        let Sealed { session, token, guard } = self.seal(command, setup);
        let view = self.viewer.view_unowned(session, None).await?;
        Ok(Outcome { view, token, guard })
    }

    /// The same, if all that it takes is at hand, once the system is set up. Nothing: it is to be run.
    pub fn at_hand(&self, command: Command, since: Option<CaughtUp>) -> Option<Outcome> {
        let grants_nothing = command.setup.is_none() || self.setup.is_closed();
        let latest_message = self.memory.at_hand(since).filter(|_| grants_nothing)?.latest;
        let address = command.caller.address.to_canonical();
        // Charged last: what is charged here must not be charged again.
        if !address.is_loopback() && !self.budgets.charge_at_hand(&[Bucket::BeginningFrom(Network::of(address))]) {
            return None;
        }
        let Sealed { session, token, guard } = self.seal(command, false);
        let view = SessionView { session, principal: Principal::Anonymous, rights: Rights::new(), latest_message };
        Some(Outcome { view, token, guard })
    }

    fn seal(&self, command: Command, setup: bool) -> Sealed {
        let guard = match command.guarding {
            Guarding::None => None,
            Guarding::Browser(known) => Some(known.unwrap_or_else(|| self.tokens.mint())),
        };
        let now = self.clock.now();
        let ttl = self.lifetimes.of_sealed(&command.caller.origin, setup);
        let seal = Seal {
            origin: command.caller.origin,
            expires: now.plus(ttl),
            setup,
            guard: guard.as_ref().map(|guard| self.tokens.guard_tag(guard)),
        };
        let token = self.seals.seal(&seal);
        let session = seal.session(self.seals.session_id(&token), DeviceName::default(), now);
        Sealed { session, token, guard }
    }
}
