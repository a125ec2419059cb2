//! Of what a change makes older readings untrue.

use vestibule_application::change::Change;
use vestibule_domain::{
    session::{SessionId, Subject},
    user::UserId,
};

/// What is kept in memory, and read from the store again once a unit has touched it.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Touched {
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
    /// The one thing of what is kept that this change touches, if any. When a session was last seen is [`Kept`](crate::kept::Kept)'s affair.
    ///
    /// A session that begins was in nobody's memory, for what is not there is not kept.
    pub(crate) fn by(change: &Change) -> Option<Self> {
        let of = |subject: &Subject| match subject {
            Subject::User(user) => Some(Self::User(*user)),
            Subject::Anonymous | Subject::Setup | Subject::Node(_) => None,
        };
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
            Change::RecordLogin { subject, .. } | Change::KnowNetwork { subject, .. } => of(subject),
            Change::AddRole(_) | Change::PutRole(_) | Change::ReplaceRole { .. } => Some(Self::Roles),
            Change::Record(_) => Some(Self::Log),
            Change::BeginSession { .. }
            | Change::TouchSessions(_)
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
}
