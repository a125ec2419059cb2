//! What a session amounts to at this moment: whose it is and what it may do.

use std::{net::IpAddr, sync::Arc};

use vestibule_domain::{
    message::MessageId,
    node::NodeRef,
    rights::{Rights, RoleName, system_rights, union},
    session::{Session, Subject},
    user::User,
};

use super::{backoffice::Backoffice, setup::SetupGrants};
use crate::{
    ports::{AtHand, MessageLog, NodeStore, Remembered, RoleStore, StoreError, UserStore},
    view::{Principal, SessionView},
};

/// Puts a session together with its subject.
pub struct Viewer {
    /// Users.
    pub users: Arc<dyn UserStore>,
    /// Nodes.
    pub nodes: Arc<dyn NodeStore>,
    /// Roles.
    pub roles: Arc<dyn RoleStore>,
    /// The message log.
    pub messages: Arc<dyn MessageLog>,
    /// Whether the system is set up.
    pub setup: Arc<SetupGrants>,
    /// From where an admin is one.
    pub backoffice: Backoffice,
}

impl Viewer {
    /// The view of a session that is nobody's, or for setting up. `newest`: a message that whoever opened it was told of.
    pub async fn view_unowned(&self, session: Session, newest: Option<MessageId>) -> Result<SessionView, StoreError> {
        let setup = session.subject == Subject::Setup && self.setup.is_open().await?;
        let (principal, rights) = if setup {
            (Principal::Setup, &system_rights() | &union(&self.roles.all().await?))
        } else {
            (Principal::Anonymous, Rights::new())
        };
        let latest_message = self.latest(newest).await?;
        Ok(SessionView { session, principal, rights, latest_message })
    }

    /// The view from this address; nothing if the session's user or node is gone or disabled, which makes the session
    /// worthless. `newest` as above.
    pub async fn view(
        &self,
        session: Session,
        address: IpAddr,
        newest: Option<MessageId>,
    ) -> Result<Option<SessionView>, StoreError> {
        let (principal, rights) = match session.subject {
            Subject::Anonymous | Subject::Setup => return self.view_unowned(session, newest).await.map(Some),
            Subject::User(id) => {
                let user = self.users.profile(id).await?;
                let Some(principal) = user.and_then(|user| self.seen_from(address, user)) else { return Ok(None) };
                let names: Vec<RoleName> = principal.roles().cloned().collect();
                let rights = if names.is_empty() { Rights::new() } else { union(&self.roles.named(&names).await?) };
                (principal, rights)
            }
            Subject::Node(id) => {
                let Some(stored) = self.nodes.find(&NodeRef::Id(id)).await? else { return Ok(None) };
                let rights = union(&self.roles.named(&[RoleName::node()]).await?);
                (Principal::Node(stored.node), rights)
            }
        };
        let latest_message = self.latest(newest).await?;
        Ok(Some(SessionView { session, principal, rights, latest_message }))
    }

    /// As [`Self::view`], of a user's session, if all that it takes is at hand. Nothing: the stores are to be asked.
    pub fn at_hand(&self, at_hand: AtHand<'_>, found: Remembered, address: IpAddr) -> Option<SessionView> {
        let Remembered { session, user, .. } = found;
        let principal = self.seen_from(address, user?)?;
        let roles = principal.user().map(|user| &user.roles).filter(|roles| !roles.is_empty());
        let rights = roles.map_or(Some(Rights::new()), |roles| at_hand.known.rights(roles))?;
        Some(SessionView { session, principal, rights, latest_message: at_hand.latest })
    }

    /// Whoever follows the log from a message that is not the latest hears of something twice, and misses nothing.
    async fn latest(&self, newest: Option<MessageId>) -> Result<MessageId, StoreError> {
        match newest {
            Some(newest) => Ok(newest),
            None => self.messages.latest().await,
        }
    }

    /// A user as they are from this address; nothing if they are disabled.
    fn seen_from(&self, address: IpAddr, user: Arc<User>) -> Option<Principal> {
        (!user.disabled).then(|| self.backoffice.seen_from(address, Principal::User(user)))
    }
}
