//! `user`.

mod export;
mod import;
#[cfg(test)]
mod tests;

use std::time::Duration;

use anyhow::Result;
use clap::{Args, Subcommand};
use serde::Serialize;
use vestibule_application::operator::users::{Added, NewUser};
use vestibule_domain::{
    rights::RoleName,
    user::{EmailAddress, LoginName, TimeZoneName, User},
};

use super::{
    login_tokens::TokenDocument,
    output::{Context, lifetime, time},
};

#[derive(Subcommand)]
pub(super) enum UserCommand {
    /// Add a user. The first one configures the system.
    Add(AddArgs),
    /// Take over the users of another system, with the hashes of their passwords.
    ///
    /// FILE has a JSON object in each line, with login, email and `password_hash`, and if wanted roles (a list), disabled
    /// (true or false) and `time_zone`. A line that cannot be taken over is named, and the others are taken over all the
    /// same. Users whose login name is there already are left as they are, so that an import can be repeated.
    Import(import::ImportArgs),
    /// List all users.
    List,
    /// Show a user.
    Show(UserArg),
    /// Print everything that is kept of a user as JSON: for people who ask what that is.
    Export(UserArg),
    /// Refuse a user's logins and end their sessions.
    Disable(UserArg),
    /// Let a disabled user log in again.
    Enable(UserArg),
    /// Remove a user and end their sessions.
    Remove(UserArg),
    /// Set a user's password and end their sessions.
    Password {
        #[command(flatten)]
        user: UserArg,
        #[command(flatten)]
        password: PasswordArg,
    },
    /// Print a token with which a user sets a new password, once, at `POST /account/reset`.
    Reset {
        #[command(flatten)]
        user: UserArg,
        /// Refuse the token after so long, an hour at most.
        #[arg(long, value_name = "DURATION", value_parser = an_hour_at_most, default_value = "10m")]
        expires_in: Duration,
    },
}

#[derive(Args)]
pub(super) struct AddArgs {
    /// The login name.
    #[arg(long, value_parser = LoginName::parse)]
    login: LoginName,
    /// The e-mail address.
    #[arg(long, value_parser = EmailAddress::parse)]
    email: EmailAddress,
    /// A role to have; may be repeated. One that does not exist is created without rights.
    #[arg(long = "role", value_name = "ROLE", value_parser = RoleName::parse)]
    roles: Vec<RoleName>,
    /// The zone in which clients show times, for example Europe/Warsaw.
    #[arg(long, value_name = "ZONE", value_parser = TimeZoneName::parse, default_value = "UTC")]
    time_zone: TimeZoneName,
    #[command(flatten)]
    password: PasswordArg,
}

#[derive(Args)]
pub(super) struct UserArg {
    /// A login name, an e-mail address or an id.
    #[arg(value_name = "USER")]
    pub(super) named: String,
}

#[derive(Args)]
pub(super) struct PasswordArg {
    /// Read the password from the first line of standard input instead of asking for it.
    #[arg(long)]
    password_stdin: bool,
}

#[derive(Serialize)]
struct UserDocument {
    id: String,
    login: String,
    email: String,
    roles: Vec<String>,
    disabled: bool,
    time_zone: String,
    created: String,
    last_successful_login: Option<String>,
    last_failed_login: Option<String>,
}

impl From<&User> for UserDocument {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            login: user.login.to_string(),
            email: user.email.as_str().to_owned(),
            roles: user.roles.iter().map(ToString::to_string).collect(),
            disabled: user.disabled,
            time_zone: user.time_zone.as_str().to_owned(),
            created: time(user.created),
            last_successful_login: user.last_successful_login.map(time),
            last_failed_login: user.last_failed_login.map(time),
        }
    }
}

pub(super) async fn run(command: UserCommand, context: &mut Context<'_>) -> Result<()> {
    let operator = context.operator;
    let user = match command {
        UserCommand::Add(args) => add(args, context).await?,
        UserCommand::Import(args) => return import::run(&args, context).await,
        UserCommand::List => {
            let mut users = operator.users().await?;
            users.sort_by_cached_key(|user| user.login.key());
            return context.print(&users.iter().map(UserDocument::from).collect::<Vec<_>>());
        }
        UserCommand::Export(user) => {
            let data = operator.personal_data(&user.named).await?;
            return context.print_document(&export::ExportDocument::from(&data));
        }
        UserCommand::Show(user) => operator.user(&user.named).await?,
        UserCommand::Disable(user) => operator.disable_user(&user.named).await?,
        UserCommand::Enable(user) => operator.enable_user(&user.named).await?,
        UserCommand::Remove(user) => operator.remove_user(&user.named).await?,
        UserCommand::Reset { user, expires_in } => {
            let issued = operator.issue_reset_token(&user.named, expires_in).await?;
            return context.print(&TokenDocument::from(&issued));
        }
        UserCommand::Password { user, password } => {
            // Nobody is asked for the password of a user who is not there.
            operator.user(&user.named).await?;
            let password = context.new_password(password.password_stdin)?;
            operator.set_password(&user.named, &password).await?
        }
    };
    print_user(&user, context)
}

async fn add(args: AddArgs, context: &mut Context<'_>) -> Result<User> {
    let AddArgs { login, email, roles, time_zone, password } = args;
    let password = context.new_password(password.password_stdin)?;
    let roles = roles.into_iter().collect();
    let new = NewUser { login, email, password, roles, time_zone };
    let Added { user, created_roles } = context.operator.add_user(new).await?;
    for role in created_roles {
        note_new_role(&role, context)?;
    }
    Ok(user)
}

/// The token is as good as the password that it sets: it must not lie about.
fn an_hour_at_most(text: &str) -> Result<Duration, String> {
    let lifetime = lifetime(text)?;
    if lifetime <= Duration::from_hours(1) { Ok(lifetime) } else { Err("it must not be good for over 1h".to_owned()) }
}

pub(super) fn print_user(user: &User, context: &mut Context<'_>) -> Result<()> {
    context.print(&UserDocument::from(user))
}

/// Says that a role came into being by being named, which may have been a slip of the pen.
pub(super) fn note_new_role(role: &RoleName, context: &mut Context<'_>) -> Result<()> {
    context.note(&format!(
        "there was no role {role}; it was created without rights (`vestibule role set {role} --right RIGHT` gives it some)"
    ))
}
