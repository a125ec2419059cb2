//! Operators: who may use the Admin API, and for what. They are added and revoked by the command line alone, so that no
//! token can be made to do more than it was made for.

use std::{collections::BTreeSet, time::Duration};

use vestibule_domain::{
    client::{Client, ClientId, ClientName, Scope},
    message::EventKind,
    secret::OperatorToken,
};

use super::{Error, Operator};
use crate::{change::Change, ports::Conflict};

/// An operator with their token, which is told this once.
pub struct OperatorWithToken {
    /// The operator.
    pub operator: Client,
    /// The token.
    pub token: OperatorToken,
}

impl Operator {
    /// Adds an operator for these scopes, of which there is one at least. Their token is refused after `lifetime`, if
    /// there is one.
    pub async fn add_operator(
        &self,
        name: ClientName,
        scopes: BTreeSet<Scope>,
        lifetime: Option<Duration>,
    ) -> Result<OperatorWithToken, Error> {
        if scopes.is_empty() {
            return Err(Error::NoScope);
        }
        let tokens = &self.ports.tokens;
        let (token, at) = (OperatorToken::of(&tokens.mint(), &tokens.mint()), self.ports.clock.now());
        let operator = Client {
            id: ClientId::from_uuid(self.ports.ids.next()),
            name,
            created: at,
            expires: lifetime.map(|lifetime| at.plus(lifetime)),
            revoked: None,
            scopes,
        };
        let added = Change::AddClient { client: operator.clone(), digest: tokens.operator_digest(&token) };
        match self.commit(vec![added, self.record(EventKind::OperatorAdded, None, at)]).await {
            Err(Error::Conflict(Conflict::NameTaken)) => Err(Error::ClientNameTaken(operator.name)),
            done => done.map(|()| OperatorWithToken { operator, token }),
        }
    }

    /// All operators, revoked ones included, in the order of their names.
    pub async fn operators(&self) -> Result<Vec<Client>, Error> {
        let mut operators = self.ports.stores.clients.all().await?;
        operators.retain(Client::is_operator);
        Ok(operators)
    }

    /// Refuses an operator's token for ever.
    pub async fn revoke_operator(&self, name: ClientName) -> Result<Client, Error> {
        let found = self.ports.stores.clients.by_name(&name).await?.filter(Client::is_operator);
        let operator = found.ok_or(Error::UnknownOperator(name))?;
        let at = self.ports.clock.now();
        let revoked = Change::RevokeClient { client: operator.id, at };
        self.commit(vec![revoked, self.record(EventKind::OperatorRevoked, None, at)]).await?;
        Ok(Client { revoked: operator.revoked.or(Some(at)), ..operator })
    }

    /// The operator of this token, if it is one's, and good.
    pub async fn operator_of(&self, token: &OperatorToken) -> Result<Option<Client>, Error> {
        let found = self.ports.stores.clients.by_digest(&self.ports.tokens.operator_digest(token)).await?;
        Ok(found.filter(|client| client.is_operator() && client.may_call(self.ports.clock.now())))
    }
}
