//! `login-token`.

#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::Subcommand;
use serde::Serialize;
use vestibule_application::operator::login_tokens::IssuedToken;

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
pub(super) struct TokenDocument<'a> {
    token: &'a str,
    user: &'a str,
    expires: String,
}

impl<'a> From<&'a IssuedToken> for TokenDocument<'a> {
    fn from(issued: &'a IssuedToken) -> Self {
        let IssuedToken { user, token, expires } = issued;
        Self { token: token.expose(), user: user.login.as_str(), expires: time(*expires) }
    }
}

pub(super) async fn run(command: LoginTokenCommand, context: &mut Context<'_>) -> Result<()> {
    let LoginTokenCommand::Issue { user, expires_in } = command;
    let issued = context.operator.issue_login_token(&user.named, expires_in).await?;
    context.print(&TokenDocument::from(&issued))
}
