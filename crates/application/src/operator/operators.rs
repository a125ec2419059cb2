//! Operators: who may use the Admin API, and for what. They are added and revoked by the command line alone, so that no
//! token can be made to do more than it was made for.

use std::{collections::BTreeSet, time::Duration};

use vestibule_domain::{
    client::{Client, ClientName, Scope},
    secret::OperatorToken,
};

use super::{Error, Operator};

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
        let token = OperatorToken::of(&tokens.mint(), &tokens.mint());
        let digest = tokens.operator_digest(&token);
        let operator = self.add_with(digest, name, scopes, lifetime).await?;
        Ok(OperatorWithToken { operator, token })
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
        self.revoke(operator).await
    }

    /// The operator of this token, if it is one's, and good.
    pub async fn operator_of(&self, token: &OperatorToken) -> Result<Option<Client>, Error> {
        let found = self.ports.stores.clients.by_digest(&self.ports.tokens.operator_digest(token)).await?;
        Ok(found.filter(|client| client.is_operator() && client.may_call(self.ports.clock.now())))
    }
}
