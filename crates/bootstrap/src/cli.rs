//! The command line: what `main` calls.

mod about;
mod clients;
mod config;
mod copy;
mod forms;
mod health;
mod keys;
mod login_tokens;
mod migrate;
mod nodes;
mod operators;
mod output;
mod roles;
mod routes;
mod serve;
mod sessions;
mod tune;
mod users;

#[cfg(test)]
mod tests;

use std::{
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    time::Duration,
};

use anyhow::{Context as _, Result};
use clap::{CommandFactory, Parser, Subcommand};
use thiserror::Error;

use self::output::Context;
use crate::{
    clock::SystemClock,
    compose::{self, Operations},
    core_dumps,
    serve::Sockets,
    settings::{Invalid, Settings, Sources},
    telemetry::{self, tell},
};

/// One session service that speaks five published session APIs.
///
/// Exit status: 0 when all went well, 2 for bad arguments or configuration, 1 for anything else.
#[derive(Parser)]
#[command(name = "vestibule", version, propagate_version = true)]
struct Cli {
    /// The configuration file; `vestibule.toml` in the working directory when there is one.
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Run the service (the default).
    Serve,
    /// Bring the tables of the store up to date. `serve` and the operator's commands do it too.
    Migrate,
    /// Copy everything one store holds to another, sessions and the log included.
    ///
    /// Run it while the service is at work, then once more when it is stopped: that moves only what has changed since.
    Copy(copy::CopyArgs),
    /// Print every route that is mounted.
    Routes,
    /// Ask the running service whether it is ready to answer requests: exit status 0 if so, for container health checks.
    Health(health::HealthArgs),
    /// Check or show the configuration.
    #[command(subcommand)]
    Config(config::Command),
    /// The keys that tokens are signed and sealed with.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Measure password hashing on this machine, and propose what it should cost.
    ///
    /// Run it on the machine that will serve, while nothing else is busy there: all hashing threads are kept at work for
    /// some seconds. The proposal is never below OWASP's minimum of 19 MiB and two passes.
    Tune(tune::TuneArgs),
    #[command(flatten)]
    About(about::AboutCommand),
    #[command(flatten)]
    Operator(OperatorCommand),
}

/// The commands on what the store holds. The running service, if there is one, heeds them at once.
#[derive(Subcommand)]
enum OperatorCommand {
    /// Users.
    #[command(subcommand)]
    User(users::UserCommand),
    /// Roles and their rights.
    #[command(subcommand)]
    Role(roles::RoleCommand),
    /// Programs that call with an API token.
    #[command(subcommand)]
    Client(clients::ClientCommand),
    /// Who may use the Admin API, and for what.
    #[command(subcommand)]
    Operator(operators::OperatorCommand),
    /// Machines that log in.
    #[command(subcommand)]
    Node(nodes::NodeCommand),
    /// Form configurations.
    #[command(subcommand)]
    Form(forms::FormCommand),
    /// Tokens that let a user in once.
    #[command(subcommand)]
    LoginToken(login_tokens::LoginTokenCommand),
    /// Sessions.
    #[command(subcommand)]
    Session(sessions::SessionCommand),
}

impl OperatorCommand {
    async fn run(self, context: &mut Context<'_>) -> Result<()> {
        match self {
            Self::User(command) => users::run(command, context).await,
            Self::Role(command) => roles::run(command, context).await,
            Self::Client(command) => clients::run(command, context).await,
            Self::Operator(command) => operators::run(command, context).await,
            Self::Node(command) => nodes::run(command, context).await,
            Self::Form(command) => forms::run(command, context).await,
            Self::LoginToken(command) => login_tokens::run(command, context).await,
            Self::Session(command) => sessions::run(command, context).await,
        }
    }
}

/// An argument that cannot be what it is meant to be: exit status 2.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct BadArgument(pub(crate) String);

/// Runs the command that this process was called with.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    match execute(cli) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the output has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            tell(&format!("vestibule: {error:#}"));
            ExitCode::from(status(&error))
        }
    }
}

fn execute(cli: Cli) -> Result<()> {
    let command = cli.command.unwrap_or(Command::Serve);
    // Whatever is wrong with the configuration.
    if let Command::About(about) = &command {
        return about.run(Cli::command());
    }
    let sockets = Sockets::of_process().context("cannot take over the sockets of the service manager")?;
    let settings = Settings::read(Sources::of_process(cli.config.as_deref()).map_err(Invalid::from)?)?;
    if !settings.core_dumps {
        core_dumps::forbid().context("core dumps cannot be forbidden: that takes core_dumps = true")?;
    }
    // Traces are sent by a thread that blocks, so they end after the runtime's work.
    let traces = matches!(command, Command::Serve).then(|| telemetry::init(&settings)).transpose()?;
    if let Command::Serve = command {
        answer_soon();
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("cannot start the threads of the service")?;
    let done = runtime.block_on(async {
        match command {
            Command::Serve => serve::run(&settings, sockets).await,
            Command::Migrate => migrate::run(&settings, cli.json).await,
            Command::Copy(args) => copy::run(&args, &settings, cli.json).await,
            Command::Health(args) => health::run(args, &settings, cli.json).await,
            Command::Routes => routes::run(&settings, cli.json),
            Command::Config(command) => config::run(&command, &settings, cli.json),
            Command::Keys(command) => Ok(print(&keys::run(command, &settings, &SystemClock::default(), cli.json)?)?),
            Command::Tune(args) => tune::run(&args, &settings, cli.json),
            Command::About(about) => about.run(Cli::command()),
            Command::Operator(command) => operate(command, &settings, cli.json).await,
        }
    });
    if let Some(traces) = traces {
        traces.end();
    }
    done
}

/// Has the threads that answer, which this one starts, take the core from those that hash as soon as there is something to do:
/// that takes them microseconds, and a turn of another more than a millisecond.
fn answer_soon() {
    const TURN: Duration = Duration::from_micros(100);
    if let Err(error) = vestibule_system::set_turn(Some(TURN)) {
        tracing::debug!(%error, "whoever is answered beside logins may have to wait for them");
    }
}

async fn operate(command: OperatorCommand, settings: &Settings, json: bool) -> Result<()> {
    let Operations { operator, store } = compose::operate(settings).await?;
    command.run(&mut Context::of_process(&operator, json)).await?;
    store.close().await
}

/// Prints to standard output.
fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    stdout.flush()
}

fn status(error: &anyhow::Error) -> u8 {
    if error.is::<Invalid>() || error.is::<BadArgument>() { 2 } else { 1 }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
