//! `role`.

#[cfg(test)]
mod tests;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;
use vestibule_application::operator::roles::Effect;
use vestibule_domain::rights::{Right, Role, RoleName};

use super::{
    output::Context,
    users::{UserArg, note_new_role, print_user},
};

#[derive(Subcommand)]
pub(super) enum RoleCommand {
    /// List all roles and their rights.
    List,
    /// Give a user a role. One that does not exist is created without rights.
    Grant {
        #[command(flatten)]
        user: UserArg,
        /// The role.
        #[arg(value_parser = RoleName::parse)]
        role: RoleName,
    },
    /// Take a role from a user.
    Withdraw {
        #[command(flatten)]
        user: UserArg,
        /// The role.
        #[arg(value_parser = RoleName::parse)]
        role: RoleName,
    },
    /// Set all the rights of a role, creating it if need be.
    Set {
        /// The role.
        #[arg(value_parser = RoleName::parse)]
        role: RoleName,
        /// The rights; with none, the role has no rights from now on.
        #[arg(long = "right", value_name = "RIGHT", num_args = 1.., value_parser = Right::parse)]
        rights: Vec<Right>,
    },
}

#[derive(Serialize)]
struct RoleDocument {
    name: String,
    rights: Vec<String>,
}

impl From<&Role> for RoleDocument {
    fn from(role: &Role) -> Self {
        Self { name: role.name.to_string(), rights: role.rights.iter().map(ToString::to_string).collect() }
    }
}

pub(super) async fn run(command: RoleCommand, context: &mut Context<'_>) -> Result<()> {
    let operator = context.operator;
    match command {
        RoleCommand::List => {
            let roles = operator.roles().await?;
            context.print(&roles.iter().map(RoleDocument::from).collect::<Vec<_>>())
        }
        RoleCommand::Grant { user, role } => {
            let (user, effect) = operator.grant_role(&user.named, role.clone()).await?;
            match effect {
                Effect::Changed => {}
                Effect::RoleCreated => note_new_role(&role, context)?,
                Effect::Unchanged => context.note(&format!("{} had the role {role} already", user.login))?,
            }
            print_user(&user, context)
        }
        RoleCommand::Withdraw { user, role } => {
            let (user, effect) = operator.withdraw_role(&user.named, &role).await?;
            if effect == Effect::Unchanged {
                context.note(&format!("{} did not have the role {role}", user.login))?;
            }
            print_user(&user, context)
        }
        RoleCommand::Set { role, rights } => {
            let role = operator.set_role(role, rights.into_iter().collect()).await?;
            context.print(&RoleDocument::from(&role))
        }
    }
}
