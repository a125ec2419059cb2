//! The message log: the append-only record of what happened to sessions and users (`max_message_id` of seed 000).

use std::net::IpAddr;

use crate::{
    client::ClientName,
    session::{EndReason, Origin, Session, SessionId, Subject},
    text::word_type,
    time::Timestamp,
};

/// A message's place in the log: 1, 2, 3, ...; 0 stands for an empty log.
pub type MessageId = u64;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EventKind {
    /// A session began that is kept in the store.
    SessionBegun,
    /// A session got a subject.
    SessionAuthenticated,
    /// A session became anonymous again.
    SessionSignedOut,
    /// A session ended.
    SessionEnded(EndReason),
    /// A login failed.
    AuthenticationFailed,
    /// So many logins failed that others were refused unlooked at. Told once for each budget that is spent.
    LoginsThrottled,
    /// Somebody registered as a user.
    UserRegistered,
    /// An operator added a user.
    UserAdded,
    /// An operator disabled a user.
    UserDisabled,
    /// An operator enabled a user.
    UserEnabled,
    /// An operator changed what a user's profile says.
    ProfileChanged,
    /// An operator removed a user.
    UserRemoved,
    /// A user's password changed: by the user, who knew the one before, or by an operator.
    PasswordChanged,
    /// A token to reset a user's password was issued.
    PasswordResetIssued,
    /// A user's password was reset with such a token.
    PasswordReset,
    /// A user's roles, or a role's rights, changed.
    RightsChanged,
    /// The first user came in: the system is configured from now on.
    SystemConfigured,
    /// A login token was issued.
    LoginTokenIssued,
    /// An API client's token was issued.
    ClientAdded,
    /// An API client was revoked.
    ClientRevoked,
    /// An operator got a token for the Admin API.
    OperatorAdded,
    /// An operator's token was revoked.
    OperatorRevoked,
    /// A node was registered.
    NodeAdded,
    /// A node got a new secret.
    NodeRotated,
    /// A node was removed.
    NodeRemoved,
    /// A form configuration was set or removed.
    FormChanged,
}

impl EventKind {
    const NAMES: [(Self, &'static str); 25] = [
        (Self::SessionBegun, "session_begun"),
        (Self::SessionAuthenticated, "session_authenticated"),
        (Self::SessionSignedOut, "session_signed_out"),
        (Self::AuthenticationFailed, "authentication_failed"),
        (Self::LoginsThrottled, "logins_throttled"),
        (Self::UserRegistered, "user_registered"),
        (Self::UserAdded, "user_added"),
        (Self::UserDisabled, "user_disabled"),
        (Self::UserEnabled, "user_enabled"),
        (Self::ProfileChanged, "profile_changed"),
        (Self::UserRemoved, "user_removed"),
        (Self::PasswordChanged, "password_changed"),
        (Self::PasswordResetIssued, "password_reset_issued"),
        (Self::PasswordReset, "password_reset"),
        (Self::RightsChanged, "rights_changed"),
        (Self::SystemConfigured, "system_configured"),
        (Self::LoginTokenIssued, "login_token_issued"),
        (Self::ClientAdded, "client_added"),
        (Self::ClientRevoked, "client_revoked"),
        (Self::OperatorAdded, "operator_added"),
        (Self::OperatorRevoked, "operator_revoked"),
        (Self::NodeAdded, "node_added"),
        (Self::NodeRotated, "node_rotated"),
        (Self::NodeRemoved, "node_removed"),
        (Self::FormChanged, "form_changed"),
    ];

    /// The kind's stable name, as stored and shown; an ending's carries its reason: `session_ended:expired`.
    pub fn name(self) -> String {
        if let Self::SessionEnded(reason) = self {
            return format!("session_ended:{}", reason.as_str());
        }
        Self::NAMES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name).to_owned()
    }

    /// The kind of that stable name.
    pub fn parse(name: &str) -> Option<Self> {
        match name.strip_prefix("session_ended:") {
            Some(reason) => EndReason::parse(reason).map(Self::SessionEnded),
            None => Self::NAMES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind),
        }
    }

    /// Every kind.
    pub fn all() -> impl Iterator<Item = Self> {
        Self::NAMES.iter().map(|(kind, _)| *kind).chain(EndReason::ALL.map(Self::SessionEnded))
    }
}

word_type!(
    /// The name of one running process of the service, for people: its host and port.
    InstanceName,
    100
);

/// Who brought an event about, as far as that is not its subject, and where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Agent {
    /// The operator, when one did it through the Admin API.
    pub operator: Option<ClientName>,
    /// The process of the service that wrote it; nothing for a command of its own, and for expiries.
    pub instance: Option<InstanceName>,
}

/// An event on its way into the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// What happened.
    pub kind: EventKind,
    /// When.
    pub at: Timestamp,
    /// To which session.
    pub session: Option<SessionId>,
    /// To, or by, which user or node.
    pub subject: Option<Subject>,
    /// Through which API; nothing when an operator did it.
    pub origin: Option<Origin>,
    /// From which address.
    pub address: Option<IpAddr>,
    /// By whom and where.
    pub by: Agent,
}

impl Event {
    /// A session came to its end by itself: every store that sweeps records this.
    pub fn expiry(session: &Session, at: Timestamp) -> Self {
        Self {
            kind: EventKind::SessionEnded(EndReason::Expired),
            at,
            session: Some(session.id),
            subject: Some(session.subject),
            origin: Some(session.origin.clone()),
            address: None,
            by: Agent::default(),
        }
    }
}

/// An event in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Its place.
    pub id: MessageId,
    /// What it tells.
    pub event: Event,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_is_found_by_its_name() {
        for kind in EventKind::all() {
            assert!(!kind.name().is_empty(), "{kind:?} has no name");
            assert_eq!(EventKind::parse(&kind.name()), Some(kind));
        }
        assert_eq!(EventKind::parse("session_ended:never"), None);
    }
}
