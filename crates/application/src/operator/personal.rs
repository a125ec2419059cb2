//! What is kept of one person, for whoever asks what that is (GDPR, article 15).

use vestibule_domain::{message::Message, network::KnownNetworks, session::Subject, user::User};

use crate::ports::About;

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
    /// Everything that is kept of one user.
    pub async fn personal_data(&self, named: &str) -> Result<PersonalData, Error> {
        let stored = self.stored_user(named.into()).await?;
        let subject = Subject::User(stored.user.id);
        let sessions = self.sessions(Some(&stored.user.id.to_string())).await?;
        let messages = self.all_about(About::Subject(subject)).await?;
        Ok(PersonalData { user: stored.user, networks: stored.networks, sessions, messages })
    }
}
