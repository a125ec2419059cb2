//! Why a session is over, or is not: its story as the store and the message log tell it.

use vestibule_domain::{
    message::{Event, EventKind, Message, MessageId},
    session::{EndReason, SessionId, Standing, Subject},
};

use super::{Error, Operator, sessions::SessionReport};
use crate::ports::About;

/// Which of a session's two expiries came first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expiry {
    /// It was not used for too long.
    Idle,
    /// It had lived as long as a session may.
    Absolute,
}

/// The story of one session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explanation {
    /// Which.
    pub id: SessionId,
    /// How it stands; nothing if it is forgotten and only the log knows of it.
    pub session: Option<SessionReport>,
    /// Which expiry came first, if it has expired.
    pub expiry: Option<Expiry>,
    /// What the log says of the session itself, in order.
    pub messages: Vec<Message>,
    /// What was done to its user or node that ended it, if it was that.
    pub cause: Option<Message>,
}

impl Explanation {
    /// The message that tells who ended it and from where, if one does.
    pub fn ended_by(&self) -> Option<&Message> {
        let ended = |message: &&Message| matches!(message.event.kind, EventKind::SessionEnded(_));
        self.cause.as_ref().or_else(|| self.messages.iter().rev().find(ended))
    }

    /// Why it is over, in a sentence for people.
    pub fn why(&self) -> &'static str {
        let by_log = |message: &Message| {
            if let EventKind::SessionEnded(reason) = message.event.kind { Some(reason) } else { None }
        };
        let reason = match self.session.as_ref().map(|report| report.standing) {
            Some(Standing::Live) => return "It has not ended.",
            Some(Standing::Expired) => EndReason::Expired,
            Some(Standing::Ended(ending)) => ending.reason,
            None => match self.messages.iter().rev().find_map(by_log).or_else(|| self.reason_of_cause()) {
                Some(reason) => reason,
                None => return "It is forgotten, and the log does not tell how it ended.",
            },
        };
        match reason {
            EndReason::SignedOut => "Its holder signed out.",
            EndReason::Replaced => "Its holder logged in again and got another session.",
            EndReason::Expired => match self.expiry {
                Some(Expiry::Idle) => "It was not used for longer than a session of its kind may be.",
                Some(Expiry::Absolute) => "It had lived as long as a session of its kind may.",
                None => "It expired.",
            },
            EndReason::Revoked if self.cause.is_some() => "An operator ended all sessions of its user or node.",
            EndReason::Revoked => "An operator ended it.",
            EndReason::SubjectChanged => self
                .cause
                .as_ref()
                .map_or("Its user or node was disabled or removed, or its password or secret changed.", |cause| {
                    what_changed(cause.event.kind)
                }),
        }
    }

    fn reason_of_cause(&self) -> Option<EndReason> {
        self.cause.as_ref().and_then(|cause| reason_for_all(cause.event.kind))
    }
}

/// How many messages are read at a time.
const PAGE: u32 = 500;

impl Operator {
    /// The story of this session.
    pub async fn explain_session(&self, id: SessionId) -> Result<Explanation, Error> {
        let session = match self.session(id).await {
            Ok(report) => Some(report),
            Err(Error::UnknownSession(_)) => None,
            Err(error) => return Err(error),
        };
        let messages = self.all_about(About::Session(id)).await?;
        if session.is_none() && messages.is_empty() {
            return Err(Error::UnknownSession(id));
        }
        let expiry = session.as_ref().and_then(expiry);
        let cause = match session.as_ref().map(|report| (&report.session, report.standing)) {
            Some((session, Standing::Ended(ending))) => {
                // It cannot be older than the session's own messages.
                let after = messages.first().map_or(0, |message| message.id);
                let is_cause =
                    |event: &Event| event.at == ending.at && reason_for_all(event.kind) == Some(ending.reason);
                self.cause(session.subject, &messages, after, is_cause).await?
            }
            Some((_, Standing::Live | Standing::Expired)) => None,
            None => self.cause_of_forgotten(&messages).await?,
        };
        Ok(Explanation { id, session, expiry, messages, cause })
    }

    pub(super) async fn all_about(&self, about: About) -> Result<Vec<Message>, Error> {
        let mut messages: Vec<Message> = Vec::new();
        loop {
            let after = messages.last().map_or(0, |message| message.id);
            let page = self.ports.stores.messages.about(about, after, PAGE).await?;
            if page.is_empty() {
                return Ok(messages);
            }
            messages.extend(page);
        }
    }

    /// What ended a session of which the log alone knows. Had it ended in any other way, its expiry included, a message of
    /// its own would say so: it was the first thing that ended all sessions of whoever had it last.
    async fn cause_of_forgotten(&self, own: &[Message]) -> Result<Option<Message>, Error> {
        let Some(last) = own.last().filter(|last| last.event.kind != EventKind::SessionSignedOut) else {
            return Ok(None);
        };
        let subject = last.event.subject.unwrap_or(Subject::Anonymous);
        self.cause(subject, own, last.id, |event| reason_for_all(event.kind).is_some()).await
    }

    /// The first message after `after` of what was done to the session's user or node to end it. A unit that does that
    /// does not name the sessions that it ends.
    async fn cause(
        &self,
        subject: Subject,
        own: &[Message],
        mut after: MessageId,
        is_cause: impl Fn(&Event) -> bool,
    ) -> Result<Option<Message>, Error> {
        let is_named = own.iter().any(|message| matches!(message.event.kind, EventKind::SessionEnded(_)));
        let of_subject = match subject {
            Subject::User(_) | Subject::Node(_) => !is_named,
            Subject::Anonymous | Subject::Setup => false,
        };
        if !of_subject {
            return Ok(None);
        }
        loop {
            let page = self.ports.stores.messages.about(About::Subject(subject), after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = last.id;
            let found = page.into_iter().find(|message| message.event.session.is_none() && is_cause(&message.event));
            if found.is_some() {
                return Ok(found);
            }
        }
    }
}

fn expiry(report: &SessionReport) -> Option<Expiry> {
    let has_expired = match report.standing {
        Standing::Live => false,
        Standing::Expired => true,
        Standing::Ended(ending) => ending.reason == EndReason::Expired,
    };
    let session = &report.session;
    let idle = session.idle_expiry().is_some_and(|idle| idle < session.expires);
    has_expired.then_some(if idle { Expiry::Idle } else { Expiry::Absolute })
}

fn what_changed(kind: EventKind) -> &'static str {
    CHANGES.iter().find(|(change, _)| *change == kind).map_or("Its user or node changed.", |(_, words)| words)
}

/// What ends all sessions of a user or node.
const CHANGES: [(EventKind, &str); 5] = [
    (EventKind::UserDisabled, "Its user was disabled."),
    (EventKind::UserRemoved, "Its user was removed."),
    (EventKind::PasswordChanged, "Its user's password was changed."),
    (EventKind::PasswordReset, "Its user's password was reset."),
    (EventKind::NodeRemoved, "Its node was removed."),
];

/// Why all sessions of a user or node end when this is told of them, if they do.
fn reason_for_all(kind: EventKind) -> Option<EndReason> {
    if kind == EventKind::SessionEnded(EndReason::Revoked) {
        return Some(EndReason::Revoked);
    }
    CHANGES.iter().any(|(change, _)| *change == kind).then_some(EndReason::SubjectChanged)
}
