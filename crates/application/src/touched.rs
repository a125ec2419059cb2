//! What a change makes older readings untrue of, and what a message tells of that.
//!
//! Whoever keeps in memory what every request reads has to hear of each change to it. On the node that commits a unit they
//! see its changes; on every other, the messages that came with it in the same transaction. So a unit's messages have to
//! tell of all that its changes touch: what they leave out is [`untold`], and that is to be nothing.

#[cfg(test)]
mod tests;

use vestibule_domain::{
    message::{Event, EventKind},
    session::{SessionId, Subject},
    user::UserId,
};

use crate::change::Change;

/// What every request reads, and has to be read again once a unit has touched it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Touched {
    /// One session.
    Session(SessionId),
    /// All sessions of a subject.
    SessionsOf(Subject),
    /// A user.
    User(UserId),
    /// All roles.
    Roles,
    /// The message log.
    Log,
}

impl Touched {
    /// The one thing of these that this change touches, if any.
    ///
    /// A session that begins was in nobody's memory, for what is not there is not kept; the networks somebody comes from never
    /// are. When a session was last seen is for whoever keeps it to find out: that is written all the time, and never makes a
    /// session end sooner.
    pub fn by(change: &Change) -> Option<Self> {
        match change {
            Change::SaveSession { session, .. } => Some(Self::Session(session.id)),
            Change::EndSession { id, .. } => Some(Self::Session(*id)),
            Change::EndSessionsOf { subject, .. } => Some(Self::SessionsOf(*subject)),
            Change::AddUser { user, .. } => Some(Self::User(user.id)),
            Change::SetPassword { user, .. }
            | Change::ReplaceHash { user, .. }
            | Change::SetDisabled { user, .. }
            | Change::SetProfile { user, .. }
            | Change::GrantRole { user, .. }
            | Change::WithdrawRole { user, .. }
            | Change::RemoveUser { user } => Some(Self::User(*user)),
            Change::RecordLogin { subject, .. } => Self::user(*subject),
            Change::AddRole(_) | Change::PutRole(_) | Change::ReplaceRole { .. } => Some(Self::Roles),
            Change::Record(_) => Some(Self::Log),
            Change::BeginSession { .. }
            | Change::TouchSessions(_)
            | Change::KnowNetwork { .. }
            | Change::ExpectUser { .. }
            | Change::AddNode { .. }
            | Change::ExpectNode { .. }
            | Change::SetNodeSecrets { .. }
            | Change::RemoveNode { .. }
            | Change::AddClient { .. }
            | Change::RevokeClient { .. }
            | Change::PutForm(_)
            | Change::ReplaceForm { .. }
            | Change::RemoveForm(_)
            | Change::AddLoginToken(_)
            | Change::SpendLoginToken(_) => None,
        }
    }

    /// All that the unit of this event may have touched, as far as it is the event's to tell: rather too much than too little.
    pub fn told_by(event: &Event) -> impl Iterator<Item = Self> + use<> {
        let (sessions, roles) = match event.kind {
            // Of one session, or of all that its subject had.
            EventKind::SessionEnded(_) => (event.session.is_none(), false),
            EventKind::UserDisabled
            | EventKind::UserRemoved
            | EventKind::PasswordChanged
            | EventKind::PasswordReset
            | EventKind::NodeRemoved => (true, false),
            // A user comes with roles that need not have been there.
            EventKind::UserAdded | EventKind::RightsChanged => (false, true),
            EventKind::SessionBegun
            | EventKind::SessionAuthenticated
            | EventKind::SessionSignedOut
            | EventKind::AuthenticationFailed
            | EventKind::LoginsThrottled
            | EventKind::UserRegistered
            | EventKind::UserEnabled
            | EventKind::ProfileChanged
            | EventKind::PasswordResetIssued
            | EventKind::SystemConfigured
            | EventKind::LoginTokenIssued
            | EventKind::ClientAdded
            | EventKind::ClientRevoked
            | EventKind::OperatorAdded
            | EventKind::OperatorRevoked
            | EventKind::NodeAdded
            | EventKind::NodeRotated
            | EventKind::FormChanged => (false, false),
        };
        let told = [
            Some(Self::Log),
            event.session.map(Self::Session),
            event.subject.and_then(Self::user),
            event.subject.filter(|_| sessions).map(Self::SessionsOf),
            roles.then_some(Self::Roles),
        ];
        told.into_iter().flatten()
    }

    /// Of a subject that is no user nothing is kept but its sessions. Nobody has the nil identifier: what is written of them
    /// is written for the time that it takes.
    fn user(subject: Subject) -> Option<Self> {
        match subject {
            Subject::User(user) => (!user.as_uuid().is_nil()).then_some(Self::User(user)),
            Subject::Anonymous | Subject::Setup | Subject::Node(_) => None,
        }
    }
}

/// What a unit touches, and none of its messages tells of. Nodes that follow the log would go on believing what they read of
/// it before.
pub fn untold(unit: &[Change]) -> Vec<Touched> {
    let told = |touched: &Touched| {
        unit.iter().any(|change| {
            let Change::Record(event) = change else { return false };
            Touched::told_by(event).any(|told| told == *touched)
        })
    };
    unit.iter().filter_map(Touched::by).filter(|touched| !told(touched)).collect()
}
