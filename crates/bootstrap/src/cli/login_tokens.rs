//! `login-token`.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;

use super::{
    output::{Context, lifetime, time},
    users::UserArg,
};

#[derive(Subcommand)]
pub(super) enum LoginTokenCommand {
    /// Print a token that lets a user in, once.
    Issue {
        #[command(flatten)]
        user: UserArg,
        /// Refuse the token after so long.
        #[arg(long, value_name = "DURATION", value_parser = lifetime, default_value = "5m")]
        expires_in: Duration,
    },
}

#[derive(Serialize)]
struct LoginTokenDocument<'a> {
    token: &'a str,
    user: &'a str,
    expires: String,
}

pub(super) async fn run(command: LoginTokenCommand, context: &mut Context<'_>) -> Result<()> {
    let LoginTokenCommand::Issue { user, expires_in } = command;
    let issued = context.operator.issue_login_token(&user.named, expires_in).await?;
    context.print(&LoginTokenDocument {
        token: issued.token.expose(),
        user: issued.user.login.as_str(),
        expires: time(issued.expires),
    })
}
