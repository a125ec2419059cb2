//! The store as a whole.

use async_trait::async_trait;
use vestibule_application::ports::{
    Archive, CommitError, Conflict, StoreError,
    archive::{Key, Kind, Record, Span},
};
use vestibule_domain::message::Message;

use super::{MemoryStore, reads::at_most, state::State};

#[async_trait]
impl Archive for MemoryStore {
    async fn export(&self, kind: Kind, after: Option<Key>, limit: u32) -> Result<Vec<Record>, StoreError> {
        let span = Span { kind, after, through: None };
        let mut records = self.state().records(&span);
        records.truncate(at_most(limit));
        Ok(records)
    }

    async fn replace(&self, span: Span, records: Vec<Record>) -> Result<(), CommitError> {
        if !span.admits(&records) {
            return Err(StoreError::Malformed("span").into());
        }
        Ok(self.state().all_or_nothing(|state| {
            for record in state.records(&span) {
                state.remove(&record);
            }
            records.into_iter().try_for_each(|record| state.put(record))
        })?)
    }
}

impl State {
    fn records(&self, span: &Span) -> Vec<Record> {
        let mut records: Vec<Record> = match span.kind {
            Kind::Configured => self.latch.values().copied().map(Record::Configured).collect(),
            Kind::Message => {
                let message = |(id, event): (&_, &_)| Message { id: *id, event: Clone::clone(event) };
                self.messages.iter().map(message).map(Record::Message).collect()
            }
            Kind::Role => self.roles.values().cloned().map(Record::Role).collect(),
            Kind::Form => self.forms.values().cloned().map(Record::Form).collect(),
            Kind::User => self.users.values().cloned().map(Box::new).map(Record::User).collect(),
            Kind::Node => self.nodes.values().cloned().map(Box::new).map(Record::Node).collect(),
            Kind::Client => {
                self.clients.values().cloned().map(|(client, digest)| Record::Client { client, digest }).collect()
            }
            Kind::LoginToken => self.login_tokens.values().copied().map(Record::LoginToken).collect(),
            Kind::Session => {
                let sessions = self.sessions.values().cloned();
                sessions.map(|(session, digest)| Record::Session { session: Box::new(session), digest }).collect()
            }
        };
        records.retain(|record| span.has(&record.key()));
        records
    }

    fn remove(&mut self, record: &Record) {
        match record {
            // Closed for ever.
            Record::Configured(_) => false,
            Record::Message(message) => self.messages.remove(&message.id),
            Record::Role(role) => self.roles.remove(&role.name),
            Record::Form(form) => self.forms.remove(&form.name),
            Record::User(stored) => {
                for key in stored.user.keys() {
                    self.user_keys.remove(&key);
                }
                self.users.remove(&stored.user.id)
            }
            Record::Node(stored) => self.nodes.remove(&stored.node.id),
            Record::Client { client, .. } => self.clients.remove(&client.id),
            Record::LoginToken(token) => self.login_tokens.remove(&token.digest),
            Record::Session { session, digest } => {
                self.session_digests.remove(digest);
                self.sessions.remove(&session.id)
            }
        };
    }

    fn put(&mut self, record: Record) -> Result<(), Conflict> {
        match record {
            Record::Configured(at) => self.latch.put((), at),
            Record::Message(message) => self.messages.put(message.id, message.event),
            Record::Role(role) => self.roles.put(role.name.clone(), role),
            Record::Form(form) => self.forms.put(form.name.clone(), form),
            Record::User(stored) => self.add_user(*stored)?,
            Record::Node(stored) => self.add_node(*stored)?,
            Record::Client { client, digest } => self.add_client(client, digest)?,
            Record::LoginToken(token) => self.login_tokens.put(token.digest, token),
            Record::Session { session, digest } => self.begin(*session, digest)?,
        }
        Ok(())
    }
}
