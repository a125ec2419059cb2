//! How a session comes to be somebody's: a new one, or one that was there, in one unit with all that must hold.

#[cfg(test)]
mod tests;

use std::sync::Arc;

use thiserror::Error;
use vestibule_domain::{
    message::{Agent, Event, EventKind, MessageId},
    network::Network,
    secret::OpaqueToken,
    session::{Bearer, DeviceName, EndReason, Ending, GuardTag, Session, SessionId, Subject},
    time::Timestamp,
};

use super::{
    lifetimes::LifetimePolicy,
    resolver::{Kept, Resolved, Resolver},
};
use crate::{
    api::{Caller, Current},
    change::Change,
    ports::{Clock, CommitError, Committed, Conflict, Ids, StoreError, Tokens, UnitOfWork},
};

/// Opens sessions.
pub struct Openings {
    /// For the sessions that are there.
    pub resolver: Arc<Resolver>,
    /// Where they are written.
    pub unit: Arc<dyn UnitOfWork>,
    /// New tokens.
    pub tokens: Arc<dyn Tokens>,
    /// New identifiers.
    pub ids: Arc<dyn Ids>,
    /// Now.
    pub clock: Arc<dyn Clock>,
    /// How long they live.
    pub lifetimes: Arc<LifetimePolicy>,
}

/// Which session is to be somebody's.
#[derive(Clone)]
pub enum Target {
    /// As a login's or registration's `Current` says.
    Current(Current),
    /// This one and no other, whosever it is now.
    This {
        /// Its token.
        bearer: Bearer,
        /// Whether another takes its place, under a new token.
        rotate: bool,
    },
}

/// A wish for a session.
pub struct Opening {
    /// Who asks.
    pub caller: Caller,
    /// On what device, if the session is new or has no row yet.
    pub device: DeviceName,
    /// Whose it is to be.
    pub subject: Subject,
    /// Whether it is to be a back-office session.
    pub is_backoffice: bool,
    /// Which.
    pub target: Target,
    /// What must hold and what else is to be written, in the same unit, before the session is.
    pub conditions: Vec<Change>,
    /// Whether it is noted already that they log in from there: then nothing has to be looked up to note it.
    pub is_noted: bool,
}

/// A session that is somebody's now.
pub struct Opened {
    /// The session.
    pub session: Session,
    /// Its token.
    pub token: OpaqueToken,
    /// The newest message then, if the store said so.
    pub newest: Option<MessageId>,
}

/// Why nothing was opened, or written.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The session that was to be used is not live.
    #[error("no live session has this token")]
    UnknownSession,
    /// A condition did not hold.
    #[error(transparent)]
    Condition(Conflict),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What is to become of what was found.
enum Plan {
    /// A new session; the old one, if any, ends.
    New(Option<Resolved>),
    /// The one that was found, under the token it has.
    Take(Resolved, OpaqueToken),
}

/// How often a session may change under our hands before we give up.
pub(crate) const ATTEMPTS: u32 = 8;

/// What is said when we do.
pub(crate) fn unsettled() -> StoreError {
    StoreError::Unavailable("the session keeps changing".into())
}

impl Openings {
    /// Opens a session.
    pub async fn open(&self, opening: &Opening) -> Result<Opened, OpenError> {
        for _ in 0..ATTEMPTS {
            let plan = self.plan(opening).await?;
            let (session, token, changes) = self.carry_out(plan, opening);
            match self.unit.commit(changes).await {
                Ok(Committed { newest }) => return Ok(Opened { session, token, newest }),
                // Somebody else was faster with the same session: look again.
                Err(CommitError::Conflict(Conflict::Stale | Conflict::SessionExists)) => {}
                Err(CommitError::Conflict(other)) => return Err(OpenError::Condition(other)),
                Err(CommitError::Store(error)) => return Err(OpenError::Store(error)),
            }
        }
        Err(unsettled().into())
    }

    async fn plan(&self, opening: &Opening) -> Result<Plan, OpenError> {
        let via = &opening.caller.origin;
        Ok(match &opening.target {
            Target::Current(Current::None) => Plan::New(None),
            Target::Current(Current::Replace(bearer)) => Plan::New(self.resolver.resolve(bearer, via).await?),
            Target::Current(Current::Upgrade { bearer, rotate }) => {
                match (self.resolver.resolve(bearer, via).await?, bearer) {
                    (Some(found), Bearer::Opaque(token)) if !rotate && is_free(&found.session) => {
                        Plan::Take(found, token.clone())
                    }
                    (found, _) => Plan::New(found),
                }
            }
            Target::This { bearer, rotate } => {
                let found = self.resolver.resolve(bearer, via).await?.ok_or(OpenError::UnknownSession)?;
                match bearer {
                    Bearer::Opaque(token) if !rotate => Plan::Take(found, token.clone()),
                    // Whoever presents a signed token gets an opaque one: the signed one is stale in the new epoch.
                    Bearer::Opaque(_) | Bearer::Signed(_) => Plan::New(Some(found)),
                }
            }
        })
    }

    fn carry_out(&self, plan: Plan, opening: &Opening) -> (Session, OpaqueToken, Vec<Change>) {
        let now = self.clock.now();
        let lifetimes = &self.lifetimes.of_owned(&opening.caller.origin, opening.is_backoffice);
        let mut changes = opening.conditions.clone();
        let (session, token, kind) = match plan {
            Plan::New(old) => {
                // It is in the same browser still: where that must be proven, it can be.
                let guard = old.as_ref().and_then(|old| old.session.guard);
                changes.extend(old.into_iter().flat_map(|old| ending(old, EndReason::Replaced, &opening.caller, now)));
                let token = self.tokens.mint();
                let mut session = self.fresh(opening, guard, now);
                session.authenticate(opening.subject, lifetimes, now);
                changes.push(Change::BeginSession { session: session.clone(), digest: self.tokens.digest(&token) });
                (session, token, EventKind::SessionBegun)
            }
            Plan::Take(Resolved { mut session, kept }, token) => {
                let expected_epoch = session.epoch;
                // A sealed token has no room for the device.
                if matches!(kept, Kept::Seal(_)) {
                    session.device = opening.device.clone();
                }
                session.authenticate(opening.subject, lifetimes, now);
                changes.push(saved(session.clone(), kept, expected_epoch));
                (session, token, EventKind::SessionAuthenticated)
            }
        };
        let (subject, network) = (opening.subject, Network::of(opening.caller.address));
        changes.push(Change::RecordLogin { subject, at: now, succeeded: true });
        if !opening.is_noted {
            changes.push(Change::KnowNetwork { subject, network, at: now });
        }
        changes.push(Change::Record(event(kind, &session, &opening.caller, now)));
        (session, token, changes)
    }

    fn fresh(&self, opening: &Opening, guard: Option<GuardTag>, now: Timestamp) -> Session {
        let (id, origin) = (SessionId::from_uuid(self.ids.next()), opening.caller.origin.clone());
        Session { guard, ..Session::begin(id, origin, opening.device.clone(), now, now) }
    }
}

/// Whether a session may become somebody's without being taken from somebody.
fn is_free(session: &Session) -> bool {
    matches!(session.subject, Subject::Anonymous | Subject::Setup)
}

/// The change that writes a session where it is kept: over its row, or as its first one.
pub(crate) fn saved(session: Session, kept: Kept, expected_epoch: u32) -> Change {
    match kept {
        Kept::Row => Change::SaveSession { session, expected_epoch },
        Kept::Seal(digest) => Change::BeginSession { session, digest },
    }
}

/// The changes that end a session. A sealed one gets a row for it, so that its token is refused from now on; it was
/// never anybody's, and so nothing of it is in the message log, which nobody prunes.
pub(crate) fn ending(found: Resolved, reason: EndReason, caller: &Caller, now: Timestamp) -> Vec<Change> {
    let Resolved { mut session, kept } = found;
    let end = Ending { at: now, reason };
    match kept {
        Kept::Row => vec![
            Change::EndSession { id: session.id, ending: end },
            Change::Record(event(EventKind::SessionEnded(reason), &session, caller, now)),
        ],
        Kept::Seal(digest) => {
            session.ended = Some(end);
            vec![Change::BeginSession { session, digest }]
        }
    }
}

/// What the message log says of a session.
pub(crate) fn event(kind: EventKind, session: &Session, caller: &Caller, at: Timestamp) -> Event {
    Event {
        kind,
        at,
        session: Some(session.id),
        subject: Some(session.subject),
        origin: Some(caller.origin.clone()),
        address: Some(caller.address),
        by: Agent::default(),
    }
}
