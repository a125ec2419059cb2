//! `operator`.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use vestibule_domain::client::{ClientName, Scope};

use super::{
    clients::ClientDocument,
    output::{Context, lifetime},
};

#[derive(Subcommand)]
pub(super) enum OperatorCommand {
    /// Add an operator and print their token for the Admin API, this once.
    Add {
        /// The operator's name, which the message log will tell. No API client may have or have had it.
        #[arg(value_parser = ClientName::parse)]
        name: ClientName,
        /// What the token is good for: `*`, or users, roles, nodes, clients, forms or sessions with `:read` or `:write`,
        /// `tokens:write`, `messages:read`, `settings:read`.
        #[arg(long = "scope", value_name = "SCOPE", num_args = 1.., required = true, value_parser = Scope::parse)]
        scopes: Vec<Scope>,
        /// Refuse the token after so long, for example 90d; never when left out.
        #[arg(long, value_name = "DURATION", value_parser = lifetime)]
        expires_in: Option<Duration>,
    },
    /// List all operators, revoked ones included.
    List,
    /// Refuse an operator's token for ever.
    Revoke {
        /// The operator's name.
        #[arg(value_parser = ClientName::parse)]
        name: ClientName,
    },
}

pub(super) async fn run(command: OperatorCommand, context: &mut Context<'_>) -> Result<()> {
    let operator = context.operator;
    match command {
        OperatorCommand::Add { name, scopes, expires_in } => {
            let added = operator.add_operator(name, scopes.into_iter().collect(), expires_in).await?;
            context.print(&ClientDocument::new(&added.operator, Some(added.token.expose())))
        }
        OperatorCommand::List => {
            let operators = operator.operators().await?;
            context.print(&operators.iter().map(|one| ClientDocument::new(one, None)).collect::<Vec<_>>())
        }
        OperatorCommand::Revoke { name } => {
            context.print(&ClientDocument::new(&operator.revoke_operator(name).await?, None))
        }
    }
}
