//! `node`.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;
use vestibule_domain::node::{Node, NodeName};

use super::output::{Context, time};

#[derive(Subcommand)]
pub(super) enum NodeCommand {
    /// Register a node and print its secret, this once.
    Add {
        /// The node's name.
        #[arg(value_parser = NodeName::parse)]
        name: NodeName,
    },
    /// List all nodes.
    List,
    /// Give a node a new secret and print it, this once. Its sessions stay.
    Rotate {
        /// The node's name.
        #[arg(value_parser = NodeName::parse)]
        name: NodeName,
        /// Accept the present secret for so long; 0s refuses it at once.
        #[arg(long, value_name = "DURATION", value_parser = humantime::parse_duration, default_value = "24h")]
        grace: Duration,
    },
    /// Remove a node and end its sessions.
    Remove {
        /// The node's name.
        #[arg(value_parser = NodeName::parse)]
        name: NodeName,
    },
}

#[derive(Serialize)]
struct NodeDocument {
    guid: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<String>,
    created: String,
    last_successful_login: Option<String>,
    last_failed_login: Option<String>,
}

impl NodeDocument {
    fn new(node: &Node, secret: Option<&str>) -> Self {
        Self {
            guid: node.id.to_string(),
            name: node.name.to_string(),
            secret: secret.map(str::to_owned),
            created: time(node.created),
            last_successful_login: node.last_successful_login.map(time),
            last_failed_login: node.last_failed_login.map(time),
        }
    }
}

pub(super) async fn run(command: NodeCommand, context: &mut Context<'_>) -> Result<()> {
    let operator = context.operator;
    let told = match command {
        NodeCommand::Add { name } => operator.add_node(name).await?,
        NodeCommand::Rotate { name, grace } => operator.rotate_node(name, grace).await?,
        NodeCommand::List => {
            let nodes = operator.nodes().await?;
            return context.print(&nodes.iter().map(|node| NodeDocument::new(node, None)).collect::<Vec<_>>());
        }
        NodeCommand::Remove { name } => {
            let node = operator.remove_node(name).await?;
            return context.print(&NodeDocument::new(&node, None));
        }
    };
    context.print(&NodeDocument::new(&told.node, Some(told.secret.expose())))
}
