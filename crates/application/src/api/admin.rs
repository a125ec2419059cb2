//! The driving port of the Admin API: what operators do to a running service, the same as by the command line.

use std::{net::IpAddr, sync::Arc, time::Duration};

use async_trait::async_trait;
use vestibule_domain::{
    client::{Client, ClientName},
    form::{FormConfiguration, FormName},
    message::{Message, MessageId},
    node::{Node, NodeName},
    rights::{Rights, Role, RoleName},
    secret::{OperatorToken, Password},
    session::SessionId,
    time::Timestamp,
    user::{User, UserId},
};

use crate::operator::{
    Error, Operator,
    clients::ClientWithToken,
    explanation::Explanation,
    login_tokens::IssuedToken,
    nodes::NodeWithSecret,
    pages::{Page, WhichMessages, WhichSessions, WhichUsers},
    roles::Effect,
    sessions::SessionReport,
    users::{Added, NewUser, UserUpdate},
};

/// An operator who was let in, and what is done in their name. Whether their scopes allow it is asked by whoever holds
/// this, for each thing they want to do.
#[derive(Clone)]
pub struct Admitted {
    /// Who.
    pub operator: Client,
    /// What they do is recorded under their name.
    pub api: Arc<dyn AdminApi>,
}

/// The only way to an [`AdminApi`].
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait Admission: Send + Sync {
    /// Lets in the operator of this token, if it is one's, and good. What they do is recorded with the address that they
    /// come from, if it is known.
    async fn admit(&self, token: &OperatorToken, address: Option<IpAddr>) -> Result<Option<Admitted>, Error>;
}

/// One method for each thing that an operator does.
#[cfg_attr(any(test, feature = "mock"), mockall::automock)]
#[async_trait]
pub trait AdminApi: Send + Sync {
    /// At most `limit` users, from after `after` on.
    async fn users_page(
        &self,
        which: WhichUsers,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Page<User, UserId>, Error>;
    /// One user.
    async fn user(&self, id: UserId) -> Result<User, Error>;
    /// Adds a user.
    async fn add_user(&self, new: NewUser) -> Result<Added, Error>;
    /// Replaces what may be replaced of a user, if that is still what it was when it was read.
    async fn update_user(&self, update: UserUpdate) -> Result<User, Error>;
    /// Sets a user's password, and ends their sessions.
    async fn set_password(&self, id: UserId, password: &Password) -> Result<User, Error>;
    /// Removes a user, and ends their sessions.
    async fn remove_user(&self, id: UserId) -> Result<User, Error>;
    /// Gives a user a role.
    async fn grant_role(&self, id: UserId, role: RoleName) -> Result<(User, Effect), Error>;
    /// Takes a role from a user.
    async fn withdraw_role(&self, id: UserId, role: &RoleName) -> Result<(User, Effect), Error>;
    /// All roles, in the order of their names.
    async fn roles(&self) -> Result<Vec<Role>, Error>;
    /// One role.
    async fn role(&self, name: RoleName) -> Result<Role, Error>;
    /// Sets all the rights of a role, if it still has those that were read; or adds one, if there was none and still is none.
    async fn replace_role(&self, role: Role, read: Option<Rights>) -> Result<(), Error>;
    /// All nodes, in the order of their names.
    async fn nodes(&self) -> Result<Vec<Node>, Error>;
    /// One node.
    async fn node(&self, name: NodeName) -> Result<Node, Error>;
    /// Registers a node.
    async fn add_node(&self, name: NodeName) -> Result<NodeWithSecret, Error>;
    /// Gives a node a new secret; the present one stays good for `grace`.
    async fn rotate_node(&self, name: NodeName, grace: Duration) -> Result<NodeWithSecret, Error>;
    /// Removes a node, and ends its sessions.
    async fn remove_node(&self, name: NodeName) -> Result<Node, Error>;
    /// All API clients, revoked ones included, in the order of their names.
    async fn clients(&self) -> Result<Vec<Client>, Error>;
    /// One API client.
    async fn client(&self, name: ClientName) -> Result<Client, Error>;
    /// Adds an API client.
    async fn add_client(&self, name: ClientName, lifetime: Option<Duration>) -> Result<ClientWithToken, Error>;
    /// Refuses a client's token for ever.
    async fn revoke_client(&self, name: ClientName) -> Result<Client, Error>;
    /// All form configurations, in the order of their names.
    async fn forms(&self) -> Result<Vec<FormConfiguration>, Error>;
    /// One form configuration.
    async fn form(&self, name: FormName) -> Result<FormConfiguration, Error>;
    /// Replaces a form configuration, if it is still what was read; or adds one, if there was none and still is none.
    async fn replace_form(&self, form: FormConfiguration, read: Option<FormConfiguration>) -> Result<(), Error>;
    /// Removes a form configuration.
    async fn remove_form(&self, name: FormName) -> Result<FormConfiguration, Error>;
    /// Issues a token that lets a user in once.
    async fn issue_login_token(&self, id: UserId, lifetime: Duration) -> Result<IssuedToken, Error>;
    /// At most `limit` sessions, from after `after` on.
    async fn sessions_page(
        &self,
        which: WhichSessions,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionReport, SessionId>, Error>;
    /// One session.
    async fn session(&self, id: SessionId) -> Result<SessionReport, Error>;
    /// Ends a session. One that has ended already stays as it is.
    async fn revoke_session(&self, id: SessionId) -> Result<SessionReport, Error>;
    /// Ends all sessions of a user.
    async fn revoke_sessions_of(&self, id: UserId) -> Result<Vec<SessionReport>, Error>;
    /// Ends every session, or every one begun before a time, and says how many it ended.
    async fn revoke_all_sessions(&self, begun_before: Option<Timestamp>) -> Result<usize, Error>;
    /// The story of one session.
    async fn explain_session(&self, id: SessionId) -> Result<Explanation, Error>;
    /// At most `limit` messages, from after `after` on.
    async fn messages_page(
        &self,
        which: WhichMessages,
        after: MessageId,
        limit: u32,
    ) -> Result<Page<Message, MessageId>, Error>;
    /// The highest number in the message log.
    async fn latest_message(&self) -> Result<MessageId, Error>;
}

#[async_trait]
impl Admission for Operator {
    async fn admit(&self, token: &OperatorToken, address: Option<IpAddr>) -> Result<Option<Admitted>, Error> {
        let operator = self.operator_of(token).await?;
        Ok(operator.map(|operator| Admitted { api: Arc::new(self.named(operator.name.clone(), address)), operator }))
    }
}

#[async_trait]
impl AdminApi for Operator {
    async fn users_page(
        &self,
        which: WhichUsers,
        after: Option<UserId>,
        limit: u32,
    ) -> Result<Page<User, UserId>, Error> {
        Self::users_page(self, which, after, limit).await
    }

    async fn user(&self, id: UserId) -> Result<User, Error> {
        Self::user(self, id).await
    }

    async fn add_user(&self, new: NewUser) -> Result<Added, Error> {
        Self::add_user(self, new).await
    }

    async fn update_user(&self, update: UserUpdate) -> Result<User, Error> {
        Self::update_user(self, update).await
    }

    async fn set_password(&self, id: UserId, password: &Password) -> Result<User, Error> {
        Self::set_password(self, id, password).await
    }

    async fn remove_user(&self, id: UserId) -> Result<User, Error> {
        Self::remove_user(self, id).await
    }

    async fn grant_role(&self, id: UserId, role: RoleName) -> Result<(User, Effect), Error> {
        Self::grant_role(self, id, role).await
    }

    async fn withdraw_role(&self, id: UserId, role: &RoleName) -> Result<(User, Effect), Error> {
        Self::withdraw_role(self, id, role).await
    }

    async fn roles(&self) -> Result<Vec<Role>, Error> {
        Self::roles(self).await
    }

    async fn role(&self, name: RoleName) -> Result<Role, Error> {
        Self::role(self, name).await
    }

    async fn replace_role(&self, role: Role, read: Option<Rights>) -> Result<(), Error> {
        Self::replace_role(self, role, read).await
    }

    async fn nodes(&self) -> Result<Vec<Node>, Error> {
        Self::nodes(self).await
    }

    async fn node(&self, name: NodeName) -> Result<Node, Error> {
        Self::node(self, name).await
    }

    async fn add_node(&self, name: NodeName) -> Result<NodeWithSecret, Error> {
        Self::add_node(self, name).await
    }

    async fn rotate_node(&self, name: NodeName, grace: Duration) -> Result<NodeWithSecret, Error> {
        Self::rotate_node(self, name, grace).await
    }

    async fn remove_node(&self, name: NodeName) -> Result<Node, Error> {
        Self::remove_node(self, name).await
    }

    async fn clients(&self) -> Result<Vec<Client>, Error> {
        Self::clients(self).await
    }

    async fn client(&self, name: ClientName) -> Result<Client, Error> {
        Self::client(self, name).await
    }

    async fn add_client(&self, name: ClientName, lifetime: Option<Duration>) -> Result<ClientWithToken, Error> {
        Self::add_client(self, name, lifetime).await
    }

    async fn revoke_client(&self, name: ClientName) -> Result<Client, Error> {
        Self::revoke_client(self, name).await
    }

    async fn forms(&self) -> Result<Vec<FormConfiguration>, Error> {
        Self::forms(self).await
    }

    async fn form(&self, name: FormName) -> Result<FormConfiguration, Error> {
        Self::form(self, name).await
    }

    async fn replace_form(&self, form: FormConfiguration, read: Option<FormConfiguration>) -> Result<(), Error> {
        Self::replace_form(self, form, read).await
    }

    async fn remove_form(&self, name: FormName) -> Result<FormConfiguration, Error> {
        Self::remove_form(self, name).await
    }

    async fn issue_login_token(&self, id: UserId, lifetime: Duration) -> Result<IssuedToken, Error> {
        Self::issue_login_token(self, id, lifetime).await
    }

    async fn sessions_page(
        &self,
        which: WhichSessions,
        after: Option<SessionId>,
        limit: u32,
    ) -> Result<Page<SessionReport, SessionId>, Error> {
        Self::sessions_page(self, which, after, limit).await
    }

    async fn session(&self, id: SessionId) -> Result<SessionReport, Error> {
        Self::session(self, id).await
    }

    async fn revoke_session(&self, id: SessionId) -> Result<SessionReport, Error> {
        Self::revoke_session(self, id).await
    }

    async fn revoke_sessions_of(&self, id: UserId) -> Result<Vec<SessionReport>, Error> {
        Self::revoke_sessions_of(self, id).await
    }

    async fn revoke_all_sessions(&self, begun_before: Option<Timestamp>) -> Result<usize, Error> {
        Self::revoke_all_sessions(self, begun_before).await
    }

    async fn explain_session(&self, id: SessionId) -> Result<Explanation, Error> {
        Self::explain_session(self, id).await
    }

    async fn messages_page(
        &self,
        which: WhichMessages,
        after: MessageId,
        limit: u32,
    ) -> Result<Page<Message, MessageId>, Error> {
        Self::messages_page(self, which, after, limit).await
    }

    async fn latest_message(&self) -> Result<MessageId, Error> {
        Self::latest_message(self).await
    }
}
