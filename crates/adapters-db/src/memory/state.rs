//! What the memory store holds.

use vestibule_application::ports::{StoredNode, StoredUser};
use vestibule_domain::{
    client::{Client, ClientId},
    form::{FormConfiguration, FormName},
    login_token::LoginToken,
    message::{Event, MessageId},
    node::NodeId,
    rights::{Role, RoleName},
    secret::Digest,
    session::{Session, SessionId},
    time::Timestamp,
    user::{LoginKey, UserId},
};

use super::table::{Table, Undo};

/// The tables of an SQL store, as maps.
#[derive(Default)]
pub(super) struct State {
    pub(super) sessions: Table<SessionId, (Session, Digest)>,
    pub(super) session_digests: Table<Digest, SessionId>,
    pub(super) users: Table<UserId, StoredUser>,
    pub(super) user_keys: Table<LoginKey, UserId>,
    pub(super) roles: Table<RoleName, Role>,
    pub(super) nodes: Table<NodeId, StoredNode>,
    pub(super) clients: Table<ClientId, (Client, Digest)>,
    pub(super) forms: Table<FormName, FormConfiguration>,
    pub(super) login_tokens: Table<Digest, LoginToken>,
    pub(super) messages: Table<MessageId, Event>,
    /// When the first user came in.
    pub(super) latch: Table<(), Timestamp>,
}

impl State {
    fn tables(&mut self) -> [&mut dyn Undo; 11] {
        [
            &mut self.sessions,
            &mut self.session_digests,
            &mut self.users,
            &mut self.user_keys,
            &mut self.roles,
            &mut self.nodes,
            &mut self.clients,
            &mut self.forms,
            &mut self.login_tokens,
            &mut self.messages,
            &mut self.latch,
        ]
    }

    /// Makes the unit's changes final.
    pub(super) fn keep(&mut self) {
        self.tables().into_iter().for_each(Undo::keep);
    }

    /// Keeps what this does if it succeeds, else takes it back.
    pub(super) fn all_or_nothing<E>(&mut self, work: impl FnOnce(&mut Self) -> Result<(), E>) -> Result<(), E> {
        let done = work(self);
        match done {
            Ok(()) => self.keep(),
            Err(_) => self.tables().into_iter().for_each(Undo::take_back),
        }
        done
    }
}
