//! Whose session a token is of, for services that are not told it by an API of ours.

use std::{net::IpAddr, sync::Arc};

use vestibule_domain::session::{Bearer, Subject};

use super::{resolver::Resolver, viewer::Viewer};
use crate::{
    ports::{AtHand, CaughtUp, StoreError},
    view::SessionView,
};

/// Tells it.
pub struct Verifier {
    /// Accepts tokens.
    pub resolver: Arc<Resolver>,
    /// Puts sessions together with their subjects.
    pub viewer: Arc<Viewer>,
}

impl Verifier {
    /// The live session of somebody, as they are from this address; nothing if there is none. A session that is nobody's
    /// counts as none: anybody can have one for the asking, and whoever asks here is about to let somebody in.
    pub async fn verify(&self, bearer: &Bearer, address: IpAddr) -> Result<Option<SessionView>, StoreError> {
        let at_hand = self.resolver.caught_up(bearer).await?;
        if let Some(view) = at_hand.and_then(|at_hand| self.tell(at_hand, bearer, address)) {
            return Ok(Some(view));
        }
        let found = self.resolver.resolve_of_any(bearer).await?;
        match found.map(|found| found.session) {
            Some(session) if !matches!(session.subject, Subject::Anonymous | Subject::Setup) => {
                self.viewer.view(session, address, None).await
            }
            Some(_) | None => Ok(None),
        }
    }

    /// The same, if all that it takes is at hand. Nothing: the stores are to be asked.
    pub fn at_hand(&self, bearer: &Bearer, address: IpAddr, since: Option<CaughtUp>) -> Option<SessionView> {
        self.tell(self.resolver.memory.at_hand(since)?, bearer, address)
    }

    fn tell(&self, at_hand: AtHand<'_>, bearer: &Bearer, address: IpAddr) -> Option<SessionView> {
        self.viewer.at_hand(at_hand, self.resolver.at_hand_of_any(at_hand, bearer)?, address)
    }
}
