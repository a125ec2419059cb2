//! API clients.

use std::{collections::BTreeSet, time::Duration};

use vestibule_domain::{
    client::{Client, ClientId, ClientName, Scope},
    message::EventKind,
    secret::{Digest, OpaqueToken},
};

use super::{Error, Operator};
use crate::{change::Change, ports::Conflict};

/// A client with its token, which is told this once.
pub struct ClientWithToken {
    /// The client.
    pub client: Client,
    /// The token.
    pub token: OpaqueToken,
}

impl Operator {
    /// Adds a client whose token is refused after `lifetime`, if there is one.
    pub async fn add_client(&self, name: ClientName, lifetime: Option<Duration>) -> Result<ClientWithToken, Error> {
        let token = self.ports.tokens.mint();
        let digest = self.ports.tokens.digest(&token);
        let client = self.add_with(digest, name, BTreeSet::new(), lifetime).await?;
        Ok(ClientWithToken { client, token })
    }

    /// All clients, revoked ones included, in the order of their names.
    pub async fn clients(&self) -> Result<Vec<Client>, Error> {
        let mut clients = self.ports.stores.clients.all().await?;
        clients.retain(|client| !client.is_operator());
        Ok(clients)
    }

    /// One client.
    pub async fn client(&self, name: ClientName) -> Result<Client, Error> {
        let found = self.ports.stores.clients.by_name(&name).await?;
        found.filter(|client| !client.is_operator()).ok_or(Error::UnknownClient(name))
    }

    /// Refuses a client's token for ever.
    pub async fn revoke_client(&self, name: ClientName) -> Result<Client, Error> {
        let client = self.client(name).await?;
        self.revoke(client).await
    }

    /// Adds a client, or, with scopes, an operator, whose token has this digest.
    pub(super) async fn add_with(
        &self,
        digest: Digest,
        name: ClientName,
        scopes: BTreeSet<Scope>,
        lifetime: Option<Duration>,
    ) -> Result<Client, Error> {
        let at = self.ports.clock.now();
        let kind = if scopes.is_empty() { EventKind::ClientAdded } else { EventKind::OperatorAdded };
        let client = Client {
            id: ClientId::from_uuid(self.ports.ids.next()),
            name,
            created: at,
            expires: lifetime.map(|lifetime| at.plus(lifetime)),
            revoked: None,
            scopes,
        };
        let added = Change::AddClient { client: client.clone(), digest };
        match self.commit(vec![added, self.record(kind, None, at)]).await {
            Err(Error::Conflict(Conflict::NameTaken)) => Err(Error::ClientNameTaken(client.name)),
            done => done.map(|()| client),
        }
    }

    /// Refuses the token of a client, or of an operator, for ever.
    pub(super) async fn revoke(&self, client: Client) -> Result<Client, Error> {
        let at = self.ports.clock.now();
        let kind = if client.is_operator() { EventKind::OperatorRevoked } else { EventKind::ClientRevoked };
        let revoked = Change::RevokeClient { client: client.id, at };
        self.commit(vec![revoked, self.record(kind, None, at)]).await?;
        Ok(Client { revoked: client.revoked.or(Some(at)), ..client })
    }
}
