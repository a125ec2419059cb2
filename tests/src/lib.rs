//! A whole service in this process, on a port of its own, for tests that talk to it as its users do.
#![recursion_limit = "256"] // SeaORM's futures for three databases are nested deeply.

mod caller;
mod chance;
mod clock;
mod doors;
mod generator;
pub mod places;
mod process;
mod raw;
mod tools;
mod visitor;

use std::{
    net::SocketAddr,
    ops::Deref,
    path::{Path, PathBuf},
    process::Output,
    sync::Arc,
};

pub use caller::{Answer, Caller};
pub use chance::Chance;
pub use clock::TestClock;
pub use doors::Doors;
pub use generator::generated;
pub use process::Process;
pub use raw::{command, example, exchange, program};
use sea_orm::{ConnectionTrait, Database, Statement};
use tempfile::TempDir;
pub use tools::tool;
use vestibule_application::operator::{Operator, users::NewUser};
use vestibule_bootstrap::{
    compose::{Overrides, build},
    serve::Handle,
    settings::{Settings, Sources},
};
use vestibule_domain::{
    client::ClientName,
    rights::RoleName,
    secret::Password,
    user::{EmailAddress, LoginName, TimeZoneName, User},
};
pub use visitor::Visitor;

/// The password of every user that [`TestApp::user`] adds.
pub const PASSWORD: &str = "s3cret of the day";

/// A running service with a SQLite file of its own, a clock that stands still, and cheap password hashes.
pub struct TestApp {
    /// Where it listens.
    pub address: SocketAddr,
    /// The operator's commands.
    pub operator: Arc<Operator>,
    /// A client of its listener for operators.
    pub admin: Caller,
    /// Its clock.
    pub clock: Arc<TestClock>,
    caller: Caller,
    handle: Handle,
    directory: TempDir,
}

impl TestApp {
    /// With default settings.
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// With these settings over the defaults. Top-level keys come first, as TOML wants it.
    pub async fn with(settings: &str) -> Self {
        Self::reopen(tempfile::tempdir().unwrap(), settings, Arc::default()).await
    }

    async fn reopen(directory: TempDir, settings: &str, clock: Arc<TestClock>) -> Self {
        let text = format!("data_dir = \"{}\"\n{settings}", directory.path().join("data").display());
        let file = directory.path().join("vestibule.toml");
        std::fs::write(&file, &text).unwrap();
        let sources = Sources::of_text(text)
            .with_variable("VESTIBULE__SERVER__LISTEN", "127.0.0.1:0")
            .with_variable("VESTIBULE__ADMIN__LISTEN", "127.0.0.1:0")
            .with_variable("VESTIBULE__PASSWORDS__ARGON2__MEMORY_KIB", "64")
            .with_variable("VESTIBULE__PASSWORDS__ARGON2__ITERATIONS", "1");
        let settings = Settings::read(sources).unwrap_or_else(|invalid| panic!("{invalid}"));
        let overrides = Overrides { clock: Some(clock.clone()), ..Overrides::default() };
        // Boxed, because it has room for every kind of store.
        let app = Box::pin(build(&settings, overrides)).await.unwrap();
        let operator = app.operator();
        let handle = app.serve().await.unwrap();
        let address = handle.address();
        let admin = Caller::new(format!("http://{}", handle.admin_address().unwrap()));
        Self { address, operator, admin, clock, caller: Caller::new(format!("http://{address}")), handle, directory }
    }

    /// Stops in good order and starts again on the same data.
    pub async fn restart(self, settings: &str) -> Self {
        self.handle.shutdown().await.unwrap();
        Self::reopen(self.directory, settings, self.clock).await
    }

    /// Stops in good order.
    pub async fn stop(self) {
        self.handle.shutdown().await.unwrap();
    }

    /// Stops in good order, and leaves the directory with its `data`.
    pub async fn leave(self) -> TempDir {
        self.handle.shutdown().await.unwrap();
        self.directory
    }

    /// Adds a user `login` with the address `login@example.com`, [`PASSWORD`] and these roles.
    pub async fn user(&self, login: &str, roles: &[&str]) -> User {
        self.user_with(login, &format!("{login}@example.com"), PASSWORD, roles).await
    }

    /// Adds a user.
    pub async fn user_with(&self, login: &str, email: &str, password: &str, roles: &[&str]) -> User {
        let new = NewUser {
            login: LoginName::parse(login).unwrap(),
            email: EmailAddress::parse(email).unwrap(),
            password: Password::parse(password).unwrap(),
            roles: roles.iter().map(|role| RoleName::parse(role).unwrap()).collect(),
            time_zone: TimeZoneName::default(),
        };
        self.operator.add_user(new).await.unwrap().user
    }

    /// Issues an API token.
    pub async fn api_token(&self, name: &str) -> String {
        let added = self.operator.add_client(ClientName::parse(name).unwrap(), None).await.unwrap();
        added.token.expose().to_owned()
    }

    /// Sends bytes as they are over a connection of their own, and gives back all that comes until it is closed.
    pub async fn raw(&self, bytes: &[u8]) -> String {
        raw::exchange(self.address, bytes).await
    }

    /// Writes a file beside the service's data.
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Changes the service's database behind its back.
    pub async fn sql(&self, statement: &'static str) {
        let url = format!("sqlite://{}", self.directory.path().join("data/vestibule.db").display());
        let database = Database::connect(url).await.unwrap();
        database.execute_unprepared(statement).await.unwrap();
        database.close().await.unwrap();
    }

    /// The hash of a user's password as it is in the database.
    pub async fn stored_hash(&self, login: &str) -> String {
        let url = format!("sqlite://{}", self.directory.path().join("data/vestibule.db").display());
        let database = Database::connect(url).await.unwrap();
        let query = "SELECT password FROM users WHERE login = ?";
        let row = Statement::from_sql_and_values(database.get_database_backend(), query, [login.into()]);
        let row = database.query_one_raw(row).await.unwrap().unwrap();
        database.close().await.unwrap();
        row.try_get("", "password").unwrap()
    }

    /// Where its configuration is, and beside it its `data`.
    pub fn directory(&self) -> &Path {
        self.directory.path()
    }

    /// Runs the `vestibule` program on this service's data.
    pub async fn command(&self, arguments: &[&str], stdin: &str) -> Output {
        self.command_with(&self.directory.path().join("vestibule.toml"), arguments, stdin).await
    }

    /// Runs the `vestibule` program on another configuration.
    pub async fn command_with(&self, config: &Path, arguments: &[&str], stdin: &str) -> Output {
        raw::command(config, arguments, stdin).await
    }
}

impl Deref for TestApp {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        &self.caller
    }
}
