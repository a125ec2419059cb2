//! What the use cases say about a session, for a dialect to put in its own words.

use std::sync::Arc;

use vestibule_domain::{
    message::MessageId,
    node::Node,
    rights::{Rights, RoleName},
    secret::OpaqueToken,
    session::{Session, SignedToken},
    user::User,
};

/// Whose session it is, in full.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Principal {
    /// Nobody's.
    Anonymous,
    /// Of whoever sets up the system, which has no users.
    Setup,
    /// A user's.
    User(Arc<User>),
    /// A node's.
    Node(Node),
}

impl Principal {
    /// Whether it is somebody's.
    pub fn is_authenticated(&self) -> bool {
        !matches!(self, Self::Anonymous)
    }

    /// The user, if it is one's.
    pub fn user(&self) -> Option<&User> {
        match self {
            Self::User(user) => Some(user),
            Self::Anonymous | Self::Setup | Self::Node(_) => None,
        }
    }

    /// The node, if it is one's.
    pub fn node(&self) -> Option<&Node> {
        match self {
            Self::Node(node) => Some(node),
            Self::Anonymous | Self::Setup | Self::User(_) => None,
        }
    }

    /// The roles it has been given.
    pub fn roles(&self) -> impl Iterator<Item = &RoleName> {
        self.user().into_iter().flat_map(|user| &user.roles)
    }
}

/// A session and all that follows from it at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// The session.
    pub session: Session,
    /// Whose it is.
    pub principal: Principal,
    /// What it may do: computed now, never stored.
    pub rights: Rights,
    /// The newest message, or one that was when the session was opened: whoever asks for those after it misses nothing.
    pub latest_message: MessageId,
}

/// A session that somebody just got, with its bearer secrets. Has no `Debug`.
#[derive(Clone)]
pub struct Begun {
    /// The session.
    pub view: SessionView,
    /// Its opaque token.
    pub token: OpaqueToken,
    /// Its signed token, when one was asked for.
    pub signed: Option<SignedToken>,
}
