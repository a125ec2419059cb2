//! Who may set up a system that has no users yet (seed 000).

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use vestibule_domain::secret::Digest;

use crate::{
    ports::{Installation, SetupState, StoreError, Tokens},
    use_cases::start_session::SetupClaim,
};

/// Grants of an unconfigured system's rights, and the one-time secret that earns one.
pub struct SetupGrants {
    installation: Arc<dyn Installation>,
    tokens: Arc<dyn Tokens>,
    secret: Mutex<Option<Digest>>,
    /// The system was seen set up. It stays so, and the store is not asked by everybody who begins a session.
    is_closed: AtomicBool,
}

impl SetupGrants {
    /// How long a grant lasts at most.
    pub const TTL: Duration = Duration::from_mins(15);

    /// With the digest of the secret that was printed, if one was.
    pub fn new(installation: Arc<dyn Installation>, tokens: Arc<dyn Tokens>, secret: Option<Digest>) -> Self {
        Self { installation, tokens, secret: Mutex::new(secret), is_closed: AtomicBool::new(false) }
    }

    /// Whether the system has no users, and has never had any.
    pub async fn is_open(&self) -> Result<bool, StoreError> {
        if self.is_closed() {
            return Ok(false);
        }
        let is_open = self.installation.state().await? == SetupState::Unconfigured;
        self.is_closed.store(!is_open, Relaxed);
        Ok(is_open)
    }

    /// Whether it was seen that the system is set up.
    pub fn is_closed(&self) -> bool {
        self.is_closed.load(Relaxed)
    }

    /// Whether this claim earns a grant now. A secret that does is spent.
    pub async fn grants(&self, claim: &SetupClaim) -> Result<bool, StoreError> {
        Ok(self.is_open().await? && (claim.local || self.redeem(claim)))
    }

    fn redeem(&self, claim: &SetupClaim) -> bool {
        let Some(presented) = claim.secret.as_ref().map(|secret| self.tokens.digest(secret)) else {
            return false;
        };
        let mut secret = self.secret.lock().unwrap_or_else(PoisonError::into_inner);
        secret.take_if(|expected| *expected == presented).is_some()
    }
}
