//! What is kept of one person, for whoever asks what that is (GDPR, article 15).

use vestibule_domain::{message::Message, network::KnownNetworks, session::Subject, user::User};

use super::{Error, Operator, sessions::SessionReport};

/// Everything that is kept of a user but for secrets, which are kept as digests and hashes only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalData {
    /// The user.
    pub user: User,
    /// From where they logged in of late.
    pub networks: KnownNetworks,
    /// Their sessions, as far as they are still kept.
    pub sessions: Vec<SessionReport>,
    /// What the message log says of them.
    pub messages: Vec<Message>,
}

impl Operator {
    /// Everything that is kept of one user. Reads the whole message log.
    pub async fn personal_data(&self, named: &str) -> Result<PersonalData, Error> {
        let stored = self.named_user(named).await?;
        let subject = Subject::User(stored.user.id);
        let sessions = self.sessions(Some(&stored.user.id.to_string())).await?;
        let messages = self.messages_of(subject).await?;
        Ok(PersonalData { user: stored.user, networks: stored.networks, sessions, messages })
    }

    async fn messages_of(&self, subject: Subject) -> Result<Vec<Message>, Error> {
        const PAGE: u32 = 1000;
        let (mut after, mut messages) = (0, Vec::new());
        loop {
            let page = self.ports.stores.messages.page(after, PAGE).await?;
            let Some(last) = page.last() else { return Ok(messages) };
            after = last.id;
            messages.extend(page.into_iter().filter(|message| message.event.subject == Some(subject)));
        }
    }
}
