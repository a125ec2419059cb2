//! Sessions, as far as the store keeps them: all that were ever somebody's, and those that were ended.

use std::collections::HashMap;

use vestibule_domain::{
    message::{Event, EventKind},
    node::NodeRef,
    session::{EndReason, Ending, Session, SessionId, Standing, Subject},
    time::Timestamp,
};

use super::{Error, Operator, Whom};
use crate::{
    change::Change,
    ports::{Conflict, SessionFilter},
};

/// How many sessions are read, or ended, at a time.
const PAGE: u32 = 500;

/// Earlier than any expiry: what is live then has not ended, whether or not it has expired since. Of what has ended there
/// may be millions, which need not be read.
const NOT_ENDED: Timestamp = Timestamp::EPOCH;

/// A session as an operator sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionReport {
    /// The session.
    pub session: Session,
    /// The user's login name or the node's name; the id of one who has been removed; nothing for nobody's session.
    pub holder: Option<String>,
    /// How it stands.
    pub standing: Standing,
}

impl Operator {
    /// All sessions, or all of one user, in the order of their ids.
    pub async fn sessions(&self, of_user: Option<&str>) -> Result<Vec<SessionReport>, Error> {
        let subject = match of_user {
            Some(named) => Some(Subject::User(self.user(named).await?.id)),
            None => None,
        };
        self.report(self.sessions_of(subject).await?).await
    }

    /// One session.
    pub async fn session(&self, id: SessionId) -> Result<SessionReport, Error> {
        let session = self.ports.stores.sessions.by_id(id).await?.ok_or(Error::UnknownSession(id))?;
        let mut reports = self.report(vec![session]).await?;
        reports.pop().ok_or(Error::UnknownSession(id))
    }

    /// Ends a session. One that has ended already stays as it is.
    pub async fn revoke_session(&self, id: SessionId) -> Result<SessionReport, Error> {
        let session = self.session(id).await?.session;
        if session.ended.is_none() {
            self.end(&[session], self.revoked_now()).await?;
        } else {
            self.ports.stores.unit.settled().await?;
        }
        self.session(id).await
    }

    /// Ends all sessions of a user. Answers those it ended.
    pub async fn revoke_sessions_of(&self, whom: impl Into<Whom<'_>>) -> Result<Vec<SessionReport>, Error> {
        let subject = Subject::User(self.user(whom).await?.id);
        let ending = self.revoked_now();
        self.commit(vec![
            Change::EndSessionsOf { subject, ending },
            self.record(EventKind::SessionEnded(ending.reason), Some(subject), ending.at),
        ])
        .await?;
        let mut sessions = self.sessions_of(Some(subject)).await?;
        sessions.retain(|session| session.ended == Some(ending));
        self.report(sessions).await
    }

    /// Ends every session there is, or every one that was begun before `begun_before`, some at a time, and says how many it
    /// ended: after a backup was put back, which brings back what has ended since, or after tokens became known.
    pub async fn revoke_all_sessions(&self, begun_before: Option<Timestamp>) -> Result<usize, Error> {
        let ending = self.revoked_now();
        let mut filter = SessionFilter { subject: None, live_at: Some(NOT_ENDED), after: None, limit: PAGE };
        let mut revoked = 0;
        loop {
            let mut page = self.ports.stores.sessions.page(&filter).await?;
            let Some(last) = page.last() else {
                self.ports.stores.unit.settled().await?;
                return Ok(revoked);
            };
            filter.after = Some(last.id);
            page.retain(|session| session.ended.is_none() && begun_before.is_none_or(|before| session.begun < before));
            if !page.is_empty() {
                revoked += self.end(&page, ending).await?;
            }
        }
    }

    fn revoked_now(&self) -> Ending {
        Ending { at: self.ports.clock.now(), reason: EndReason::Revoked }
    }

    /// Ends sessions, all at once if nobody else ends one of them in this moment, and says how many.
    async fn end(&self, sessions: &[Session], ending: Ending) -> Result<usize, Error> {
        let changes = |session: &Session| {
            let event = Event {
                kind: EventKind::SessionEnded(ending.reason),
                at: ending.at,
                session: Some(session.id),
                subject: Some(session.subject),
                origin: None,
                address: self.address,
                by: self.agent(),
            };
            [Change::EndSession { id: session.id, ending }, Change::Record(event)]
        };
        match self.commit(sessions.iter().flat_map(changes).collect()).await {
            Err(Error::Conflict(Conflict::Stale)) if sessions.len() == 1 => return Ok(0),
            Err(Error::Conflict(Conflict::Stale)) => {}
            done => return done.map(|()| sessions.len()),
        }
        let mut ended = 0;
        for session in sessions {
            match self.commit(changes(session).into()).await {
                Ok(()) => ended += 1,
                Err(Error::Conflict(Conflict::Stale)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(ended)
    }

    async fn sessions_of(&self, subject: Option<Subject>) -> Result<Vec<Session>, Error> {
        let mut filter = SessionFilter { subject, live_at: None, after: None, limit: PAGE };
        let mut sessions = Vec::new();
        loop {
            let page = self.ports.stores.sessions.page(&filter).await?;
            let Some(last) = page.last() else { return Ok(sessions) };
            filter.after = Some(last.id);
            sessions.extend(page);
        }
    }

    pub(super) async fn report(&self, sessions: Vec<Session>) -> Result<Vec<SessionReport>, Error> {
        let now = self.ports.clock.now();
        let mut holders: HashMap<Subject, Option<String>> = HashMap::new();
        let mut reports = Vec::with_capacity(sessions.len());
        for session in sessions {
            let holder = if let Some(known) = holders.get(&session.subject) {
                known.clone()
            } else {
                let found = self.holder(session.subject).await?;
                holders.insert(session.subject, found.clone());
                found
            };
            reports.push(SessionReport { holder, standing: session.standing(now), session });
        }
        Ok(reports)
    }

    pub(super) async fn holder(&self, subject: Subject) -> Result<Option<String>, Error> {
        Ok(match subject {
            Subject::Anonymous | Subject::Setup => None,
            Subject::User(id) => {
                let user = self.ports.stores.users.by_id(id).await?;
                Some(user.map_or_else(|| id.to_string(), |stored| stored.user.login.to_string()))
            }
            Subject::Node(id) => {
                let node = self.ports.stores.nodes.find(&NodeRef::Id(id)).await?;
                Some(node.map_or_else(|| id.to_string(), |stored| stored.node.name.to_string()))
            }
        })
    }
}
