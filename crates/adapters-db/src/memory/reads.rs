//! The read ports, and the housekeeping.

use async_trait::async_trait;
use vestibule_application::ports::{
    About, ClientStore, FormStore, Health, Housekeeping, Installation, KeyKind, LoginTokenStore, MessageLog, NodeStore,
    RoleStore, SessionFilter, SessionStore, SetupState, StoreError, StoredNode, StoredUser, UserStore,
};
use vestibule_domain::{
    client::{Client, ClientName},
    form::{FormConfiguration, FormName},
    login_token::LoginToken,
    message::{Event, Message, MessageId},
    node::{Node, NodeRef},
    rights::{Role, RoleName},
    secret::Digest,
    session::{EndReason, Ending, Session, SessionId, Standing},
    time::Timestamp,
    user::{LoginKey, User, UserId},
};

use super::MemoryStore;

pub(super) fn at_most(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

#[async_trait]
impl SessionStore for MemoryStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Session>, StoreError> {
        let state = self.state();
        let id = state.session_digests.get(digest);
        Ok(id.and_then(|id| state.sessions.get(id)).map(|(session, _)| session.clone()))
    }

    async fn by_id(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.state().sessions.get(&id).map(|(session, _)| session.clone()))
    }

    async fn page(&self, filter: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        let wanted = |session: &&Session| {
            filter.subject.is_none_or(|subject| session.subject == subject)
                && filter.live_at.is_none_or(|at| session.is_live(at))
                && filter.after.is_none_or(|after| session.id > after)
        };
        let state = self.state();
        let sessions = state.sessions.values().map(|(session, _)| session);
        Ok(sessions.filter(wanted).take(at_most(filter.limit)).cloned().collect())
    }
}

#[async_trait]
impl UserStore for MemoryStore {
    async fn by_key(&self, key: &LoginKey, kind: KeyKind) -> Result<Option<StoredUser>, StoreError> {
        let state = self.state();
        let stored = state.user_keys.get(key).and_then(|id| state.users.get(id));
        let is_meant = |stored: &&StoredUser| match kind {
            KeyKind::Email => stored.user.email.key() == *key,
            KeyKind::Login => stored.user.login.key() == *key,
            KeyKind::Any => true,
        };
        Ok(stored.filter(is_meant).cloned())
    }

    async fn by_id(&self, id: UserId) -> Result<Option<StoredUser>, StoreError> {
        Ok(self.state().users.get(&id).cloned())
    }

    async fn page(&self, after: Option<UserId>, limit: u32) -> Result<Vec<User>, StoreError> {
        let state = self.state();
        let users = state.users.values().map(|stored| &stored.user);
        let next = users.filter(|user| after.is_none_or(|after| user.id > after));
        Ok(next.take(at_most(limit)).cloned().collect())
    }
}

#[async_trait]
impl RoleStore for MemoryStore {
    async fn named(&self, names: &[RoleName]) -> Result<Vec<Role>, StoreError> {
        Ok(self.state().roles.values().filter(|role| names.contains(&role.name)).cloned().collect())
    }

    async fn all(&self) -> Result<Vec<Role>, StoreError> {
        Ok(self.state().roles.values().cloned().collect())
    }
}

#[async_trait]
impl NodeStore for MemoryStore {
    async fn find(&self, node: &NodeRef) -> Result<Option<StoredNode>, StoreError> {
        let is_meant = |stored: &&StoredNode| match node {
            NodeRef::Id(id) => stored.node.id == *id,
            NodeRef::Name(name) => stored.node.name == *name,
        };
        Ok(self.state().nodes.values().find(is_meant).cloned())
    }

    async fn all(&self) -> Result<Vec<Node>, StoreError> {
        let mut nodes: Vec<Node> = self.state().nodes.values().map(|stored| stored.node.clone()).collect();
        nodes.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(nodes)
    }
}

#[async_trait]
impl ClientStore for MemoryStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<Client>, StoreError> {
        Ok(self.state().clients.values().find(|(_, token)| token == digest).map(|(client, _)| client.clone()))
    }

    async fn by_name(&self, name: &ClientName) -> Result<Option<Client>, StoreError> {
        Ok(self.state().clients.values().find(|(client, _)| client.name == *name).map(|(client, _)| client.clone()))
    }

    async fn all(&self) -> Result<Vec<Client>, StoreError> {
        let mut clients: Vec<Client> = self.state().clients.values().map(|(client, _)| client.clone()).collect();
        clients.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(clients)
    }
}

#[async_trait]
impl FormStore for MemoryStore {
    async fn by_name(&self, name: &FormName) -> Result<Option<FormConfiguration>, StoreError> {
        Ok(self.state().forms.get(name).cloned())
    }

    async fn all(&self) -> Result<Vec<FormConfiguration>, StoreError> {
        Ok(self.state().forms.values().cloned().collect())
    }
}

#[async_trait]
impl LoginTokenStore for MemoryStore {
    async fn by_digest(&self, digest: &Digest) -> Result<Option<LoginToken>, StoreError> {
        Ok(self.state().login_tokens.get(digest).copied())
    }
}

#[async_trait]
impl MessageLog for MemoryStore {
    async fn latest(&self) -> Result<MessageId, StoreError> {
        Ok(self.state().latest_message())
    }

    async fn page(&self, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        let state = self.state();
        let next = state.messages.iter().filter(|(id, _)| **id > after).take(at_most(limit));
        Ok(next.map(|(id, event)| Message { id: *id, event: event.clone() }).collect())
    }

    async fn about(&self, about: About, after: MessageId, limit: u32) -> Result<Vec<Message>, StoreError> {
        let is_meant = |event: &Event| match about {
            About::Session(id) => event.session == Some(id),
            About::Subject(subject) => event.subject == Some(subject),
        };
        let state = self.state();
        let next = state.messages.iter().filter(|(id, event)| **id > after && is_meant(event)).take(at_most(limit));
        Ok(next.map(|(id, event)| Message { id: *id, event: event.clone() }).collect())
    }
}

#[async_trait]
impl Installation for MemoryStore {
    async fn state(&self) -> Result<SetupState, StoreError> {
        let state = MemoryStore::state(self);
        let untouched = state.latch.is_empty() && state.users.is_empty();
        Ok(if untouched { SetupState::Unconfigured } else { SetupState::Configured })
    }
}

#[async_trait]
impl Health for MemoryStore {
    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}

#[async_trait]
impl Housekeeping for MemoryStore {
    async fn expire(&self, now: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let mut state = self.state();
        let sessions = state.sessions.values().map(|(session, _)| session);
        let expired = sessions.filter(|session| session.standing(now) == Standing::Expired);
        let expired: Vec<Session> = expired.take(at_most(limit)).cloned().collect();
        for session in &expired {
            state.end(session.id, Ending { at: now, reason: EndReason::Expired });
            state.record(Event::expiry(session, now));
        }
        state.keep();
        Ok(count(expired.len()))
    }

    async fn forget(&self, before: Timestamp, limit: u32) -> Result<u32, StoreError> {
        let mut state = self.state();
        let limit = at_most(limit);
        let past = |session: &&Session| session.ended.is_some() && session.forgettable_from() < before;
        let sessions = state.sessions.values().map(|(session, _)| session).filter(past).map(|session| session.id);
        let sessions: Vec<SessionId> = sessions.take(limit).collect();
        let tokens = state.login_tokens.values().filter(|token| token.expires < before).map(|token| token.digest);
        let tokens: Vec<Digest> = tokens.take(limit - sessions.len()).collect();
        for id in &sessions {
            state.forget_session(*id);
        }
        for digest in &tokens {
            state.login_tokens.remove(digest);
        }
        state.keep();
        Ok(count(sessions.len() + tokens.len()))
    }
}
