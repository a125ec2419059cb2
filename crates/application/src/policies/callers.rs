//! Which programs may call, and with which forms (seed 002).

use std::sync::Arc;

use vestibule_domain::{
    client::Client,
    form::{FormAction, FormConfiguration, FormName},
    secret::OpaqueToken,
};

use crate::ports::{ClientStore, Clock, FormStore, StoreError, Tokens};

/// What a program that calls by form must show.
pub struct Callers {
    /// The programs.
    pub clients: Arc<dyn ClientStore>,
    /// The forms.
    pub forms: Arc<dyn FormStore>,
    /// Digests of API tokens.
    pub tokens: Arc<dyn Tokens>,
    /// For expiry.
    pub clock: Arc<dyn Clock>,
}

impl Callers {
    /// The program of this API token, if it is one, and good. An operator is no program.
    pub async fn client(&self, token: Option<&OpaqueToken>) -> Result<Option<Client>, StoreError> {
        let Some(token) = token else { return Ok(None) };
        let client = self.clients.by_digest(&self.tokens.digest(token)).await?;
        Ok(client.filter(|client| client.may_call(self.clock.now()) && !client.is_operator()))
    }

    /// The form of this name, if it is for this action.
    pub async fn form(
        &self,
        name: Option<&FormName>,
        action: FormAction,
    ) -> Result<Option<FormConfiguration>, StoreError> {
        let Some(name) = name else { return Ok(None) };
        Ok(self.forms.by_name(name).await?.filter(|form| form.action == action))
    }
}
