//! `client`.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;
use vestibule_domain::client::{Client, ClientName};

use super::output::{Context, lifetime, time};

#[derive(Subcommand)]
pub(super) enum ClientCommand {
    /// Add an API client and print its token, this once.
    Add {
        /// The client's name.
        #[arg(value_parser = ClientName::parse)]
        name: ClientName,
        /// Refuse the token after so long, for example 90d; never when left out.
        #[arg(long, value_name = "DURATION", value_parser = lifetime)]
        expires_in: Option<Duration>,
    },
    /// List all clients, revoked ones included.
    List,
    /// Refuse a client's token for ever.
    Revoke {
        /// The client's name.
        #[arg(value_parser = ClientName::parse)]
        name: ClientName,
    },
}

/// A client, or an operator: those have scopes.
#[derive(Serialize)]
pub(super) struct ClientDocument {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    scopes: Vec<&'static str>,
    created: String,
    expires: Option<String>,
    revoked: Option<String>,
}

impl ClientDocument {
    pub(super) fn new(client: &Client, token: Option<&str>) -> Self {
        Self {
            name: client.name.to_string(),
            token: token.map(str::to_owned),
            scopes: client.scopes.iter().map(|scope| scope.as_str()).collect(),
            created: time(client.created),
            expires: client.expires.map(time),
            revoked: client.revoked.map(time),
        }
    }
}

pub(super) async fn run(command: ClientCommand, context: &mut Context<'_>) -> Result<()> {
    let operator = context.operator;
    match command {
        ClientCommand::Add { name, expires_in } => {
            let added = operator.add_client(name, expires_in).await?;
            context.print(&ClientDocument::new(&added.client, Some(added.token.expose())))
        }
        ClientCommand::List => {
            let clients = operator.clients().await?;
            context.print(&clients.iter().map(|client| ClientDocument::new(client, None)).collect::<Vec<_>>())
        }
        ClientCommand::Revoke { name } => {
            let client = operator.revoke_client(name).await?;
            context.print(&ClientDocument::new(&client, None))
        }
    }
}
