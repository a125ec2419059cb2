//! From what a caller presents to the live session behind it: the one place where a token is accepted.

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use vestibule_domain::{
    secret::{Digest, OpaqueToken},
    session::{Bearer, DeviceName, Origin, Session, SignedToken, Subject},
    time::Timestamp,
};

use super::lifetimes::LifetimePolicy;
use crate::ports::{
    AtHand, Clock, Memory, Remembered, Seal, Seals, SessionStore, Sightings, StoreError, TokenSigner, Tokens,
};

/// A live session and how it is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// The session.
    pub session: Session,
    /// Where it is.
    pub kept: Kept,
}

/// Whether a session has a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It has one.
    Row,
    /// Its sealed token is all there is; a row would be stored under this digest.
    Seal(Digest),
}

/// Accepts tokens.
pub struct Resolver {
    /// The sessions that have rows.
    pub sessions: Arc<dyn SessionStore>,
    /// What is at hand of them, and of all that the answer takes.
    pub memory: Arc<dyn Memory>,
    /// Where it is noted that a session was seen.
    pub sightings: Arc<dyn Sightings>,
    /// Digests.
    pub tokens: Arc<dyn Tokens>,
    /// The sessions that have no rows.
    pub seals: Arc<dyn Seals>,
    /// Signatures.
    pub signer: Arc<dyn TokenSigner>,
    /// For expiry.
    pub clock: Arc<dyn Clock>,
    /// How long a seal may be good, and which API accepts what.
    pub lifetimes: Arc<LifetimePolicy>,
}

impl Resolver {
    /// How far the clocks of two nodes may be apart before one refuses what the other has just sealed.
    const CLOCK_SKEW: Duration = Duration::from_mins(1);

    /// The live session behind `bearer` as the API `via` may see it; nothing if there is none, whatever the reason.
    pub async fn resolve(&self, bearer: &Bearer, via: &Origin) -> Result<Option<Resolved>, StoreError> {
        self.resolve_if(bearer, |session| self.lifetimes.accepts(&session.origin, via)).await
    }

    /// The same, whichever API it was begun through: for whoever asks on behalf of services that have none.
    pub async fn resolve_of_any(&self, bearer: &Bearer) -> Result<Option<Resolved>, StoreError> {
        self.resolve_if(bearer, |_| true).await
    }

    async fn resolve_if(
        &self,
        bearer: &Bearer,
        is_for_caller: impl FnOnce(&Session) -> bool + Send,
    ) -> Result<Option<Resolved>, StoreError> {
        let now = self.clock.now();
        let found = match bearer {
            Bearer::Opaque(token) => self.by_token(token, now).await?,
            Bearer::Signed(token) => self.by_signature(token, now).await?,
        };
        let accepted = found.filter(|found| found.session.is_live(now) && is_for_caller(&found.session));
        if let Some(Resolved { session, kept: Kept::Row }) = &accepted {
            self.sightings.note(session, now);
        }
        Ok(accepted)
    }

    /// What is at hand for whoever presents `bearer`, once it is known what others have written by now.
    pub async fn caught_up(&self, bearer: &Bearer) -> Result<Option<AtHand<'_>>, StoreError> {
        let caught_up = match bearer {
            Bearer::Opaque(token) => self.memory.catch_up(Some(&self.tokens.digest(token))).await?,
            Bearer::Signed(_) => None,
        };
        Ok(caught_up.and_then(|caught_up| self.memory.at_hand(Some(caught_up))))
    }

    /// As [`Self::resolve`], if all that it takes is at hand. Nothing: the store is to be asked.
    pub fn at_hand(&self, at_hand: AtHand<'_>, bearer: &Bearer, via: &Origin) -> Option<Remembered> {
        self.at_hand_if(at_hand, bearer, |session| self.lifetimes.accepts(&session.origin, via))
    }

    /// As [`Self::resolve_of_any`], if all that it takes is at hand.
    pub fn at_hand_of_any(&self, at_hand: AtHand<'_>, bearer: &Bearer) -> Option<Remembered> {
        self.at_hand_if(at_hand, bearer, |_| true)
    }

    fn at_hand_if(
        &self,
        at_hand: AtHand<'_>,
        bearer: &Bearer,
        is_for_caller: impl FnOnce(&Session) -> bool,
    ) -> Option<Remembered> {
        let Bearer::Opaque(token) = bearer else { return None };
        let mut found = at_hand.known.session(&self.tokens.digest(token))?;
        self.sightings.refresh_in(found.place.as_ref(), &mut found.session);
        let now = self.clock.now();
        let is_accepted = found.session.is_live(now) && is_for_caller(&found.session);
        is_accepted.then(|| {
            self.sightings.note_in(&found.place, &found.session, now);
            found
        })
    }

    async fn by_token(&self, token: &OpaqueToken, now: Timestamp) -> Result<Option<Resolved>, StoreError> {
        let digest = self.tokens.digest(token);
        // The row comes first: it knows what became of a session after its token was sealed.
        if let Some(session) = self.sessions.by_digest(&digest).await? {
            return Ok(Some(Resolved { session, kept: Kept::Row }));
        }
        let seal = self.seals.unseal(token).into_iter().find(|seal| self.is_plausible(seal, now));
        Ok(seal.map(|seal| Resolved { session: self.unsealed(token, seal), kept: Kept::Seal(digest) }))
    }

    /// A seal is good until its expiry, and none for longer than one that was made this moment. A random token that
    /// happens to unseal fails here, and so does a false reading of a true one.
    fn is_plausible(&self, seal: &Seal, now: Timestamp) -> bool {
        now < seal.expires
            && seal.expires <= now.plus(self.lifetimes.of_sealed(&seal.origin, seal.setup)).plus(Self::CLOCK_SKEW)
    }

    fn unsealed(&self, token: &OpaqueToken, seal: Seal) -> Session {
        let begun = seal.expires.minus(self.lifetimes.of_sealed(&seal.origin, seal.setup));
        seal.session(self.seals.session_id(token), DeviceName::default(), begun)
    }

    /// A signed token is worth what its session is worth, in the epoch and for the subject it was signed for.
    async fn by_signature(&self, token: &SignedToken, now: Timestamp) -> Result<Option<Resolved>, StoreError> {
        let Ok(claims) = self.signer.verify(token) else { return Ok(None) };
        if now >= claims.expires {
            return Ok(None);
        }
        let session = self.sessions.by_id(claims.session).await?;
        let session = session.filter(|session| {
            let subject = match session.subject {
                Subject::User(user) => Some(user.as_uuid()),
                Subject::Node(node) => Some(node.as_uuid()),
                Subject::Anonymous | Subject::Setup => None,
            };
            session.epoch == claims.epoch && subject == Some(claims.subject)
        });
        Ok(session.map(|session| Resolved { session, kept: Kept::Row }))
    }
}
