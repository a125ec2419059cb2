//! The sections of the configuration.

use std::{collections::BTreeMap, net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use ipnet::IpNet;
use vestibule_application::policies::backoffice::Backoffice;
use vestibule_domain::session::Lifetimes;

use super::kinds::{
    CookieName, Dialect, Edition, HostName, LogFilter, LogFormat, OpenTo, Prefix, Profile, PublicUrl, Registration,
    StoreUrl, WebOrigin,
};

/// `[server]`
#[derive(Clone, Debug)]
pub struct Server {
    /// Where to listen.
    pub listen: SocketAddr,
    /// What the outside world calls the service; derived from the address that is listened on when unset.
    pub public_url: Option<PublicUrl>,
    /// Whose forwarding headers are believed.
    pub trusted_proxies: Vec<IpNet>,
    /// Whose pages may read answers.
    pub cors_origins: Vec<WebOrigin>,
    /// Whether each connection begins by telling whom a trusted proxy speaks for.
    pub proxy_protocol: bool,
    /// How long the beginning of a connection and the head of a request may take.
    pub head_timeout: Duration,
    /// How long a whole request may take.
    pub request_timeout: Duration,
    /// How long its answer may take after that.
    pub answer_timeout: Duration,
    /// How long a connection may go without a request.
    pub idle_timeout: Duration,
    /// How many connections there may be.
    pub max_connections: u32,
    /// How many of them from one address.
    pub max_connections_per_address: u32,
    /// By what TLS is spoken, if it is.
    pub tls: Option<Tls>,
    /// How long connections are still accepted after SIGTERM.
    pub shutdown_delay: Duration,
    /// How long requests may take to finish at the end.
    pub shutdown_grace: Duration,
}

/// `[server.tls]`
#[derive(Clone, Debug)]
pub struct Tls {
    /// The certificate and those it stands on, in PEM.
    pub cert_file: PathBuf,
    /// Its private key, in PEM.
    pub key_file: PathBuf,
    /// How often both are looked at for changes.
    pub check_interval: Duration,
    /// Whether browsers are told to use nothing else.
    pub hsts: bool,
}

/// `[storage]`
#[derive(Clone)]
pub struct Storage {
    /// Where everything is, unless placed elsewhere.
    pub url: StoreUrl,
    /// Where sessions are.
    pub sessions_url: Option<StoreUrl>,
    /// Connections for reads.
    pub readers: u32,
    /// Connections for writes.
    pub writers: u32,
    /// How long a read or write waits for a connection.
    pub patience: Duration,
    /// How long one statement may take.
    pub statement_timeout: Duration,
    /// How long a statement waits for another's lock.
    pub lock_timeout: Duration,
    /// Whether what others write is learnt from the message log.
    pub follow_log: bool,
    /// And not asked for at each request, because those who write wait for this process.
    pub leases: bool,
}

/// `[keys]`
#[derive(Clone, Debug)]
pub struct Keys {
    /// The key file. A store in memory needs none, and is safer without: it forgets which sessions ended, so
    /// their tokens must not outlive it.
    pub file: Option<PathBuf>,
}

/// `[setup]`
#[derive(Clone, Debug)]
pub struct Setup {
    /// Who may set the system up.
    pub open_to: OpenTo,
}

/// `[passwords]`
#[derive(Clone, Debug)]
pub struct Passwords {
    /// The cost of a hash.
    pub argon2: Argon2,
    /// Hashing threads.
    pub hash_threads: NonZeroUsize,
    /// How many may wait for them.
    pub hash_queue: NonZeroUsize,
    /// The keys that passwords go through before they are hashed, if any.
    pub pepper_file: Option<PathBuf>,
    /// The fewest characters of a new password.
    pub min_length: usize,
    /// The weakest score of a new password, 0 to 4.
    pub min_score: u8,
}

/// `[passwords.argon2]`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Argon2 {
    /// Memory in KiB, at least eight for each lane.
    pub memory_kib: u32,
    /// Passes.
    pub iterations: u32,
    /// Lanes.
    pub parallelism: u32,
}

/// `[sessions]`
#[derive(Clone, Debug)]
pub struct Sessions {
    /// How long they live.
    pub lifetimes: Lifetimes,
    /// How long those of one API live, where that differs.
    pub per_dialect: BTreeMap<&'static str, Lifetimes>,
    /// Whether every API accepts them.
    pub shared: bool,
    /// What is demanded of an admin's.
    pub backoffice: Backoffice,
    /// How long ended ones are kept.
    pub keep_ended: Duration,
    /// How often last-seen notes are written.
    pub touch_interval: Duration,
    /// How often the store is swept.
    pub sweep_interval: Duration,
    /// The most that are answered from memory, with their users.
    pub in_memory: u32,
}

/// So many attempts within so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// How many, at least one.
    pub attempts: u32,
    /// Within how long.
    pub within: Duration,
}

/// `[throttle]`
#[derive(Clone, Debug)]
pub struct Throttle {
    /// Failed logins to one account.
    pub account: Window,
    /// The same, over a longer time.
    pub account_in_all: Window,
    /// Failed logins from one address.
    pub address: Window,
    /// Failed logins through one API token.
    pub client: Window,
    /// Failed logins of everybody.
    pub total: Window,
    /// Disclosures to one address.
    pub disclosures_per_address: Window,
    /// Disclosures to everybody.
    pub disclosures_total: Window,
    /// Registrations from one address.
    pub registrations: Window,
    /// Anonymous sessions that begin for one address.
    pub beginnings: Window,
    /// Anonymous sessions that are ended from one address.
    pub anonymous_ends_per_address: Window,
    /// Anonymous sessions that are ended by everybody.
    pub anonymous_ends_total: Window,
}

/// One of `[[mounts]]`
#[derive(Clone, Debug)]
pub struct Mount {
    /// Which API.
    pub dialect: Dialect,
    /// In which edition.
    pub edition: Edition,
    /// Under which path.
    pub prefix: Prefix,
    /// For which hosts; any, when there is none.
    pub hosts: Vec<HostName>,
    /// In which profile.
    pub profile: Profile,
}

/// `[easydb]`
#[derive(Clone, Debug)]
pub struct Easydb {
    /// Whether `anonymous` is a method of authentication.
    pub anonymous: bool,
    /// Whose pages may post logins.
    pub login_origins: Vec<WebOrigin>,
    /// Where logins may redirect to.
    pub redirect_origins: Vec<WebOrigin>,
}

/// `[dood]`
#[derive(Clone, Debug)]
pub struct Dood {
    /// Whether anybody can register.
    pub registration: Registration,
    /// Whether plain HTTP is refused.
    pub require_https: bool,
    /// The photo server's URL, as sessions show it.
    pub photo_server: String,
    /// The version of the categories in milliseconds.
    pub category_version: i64,
}

/// `[platformos]`
#[derive(Clone, Debug)]
pub struct Platformos {
    /// The session cookie's name.
    pub cookie_name: CookieName,
}

/// `[vprotect]`
#[derive(Clone, Debug)]
pub struct Vprotect {
    /// The session cookie's name.
    pub cookie_name: CookieName,
    /// Whose pages may change something.
    pub allowed_origins: Vec<WebOrigin>,
}

/// `[account]`
#[derive(Clone, Copy, Debug)]
pub struct Account {
    /// Whether users can change and reset their passwords.
    pub enabled: bool,
}

/// `[verify]`
#[derive(Clone, Copy, Debug)]
pub struct Verify {
    /// Whether other services can ask.
    pub enabled: bool,
    /// Whether a token in the original request's URL counts.
    pub query_tokens: bool,
    /// Whether each answer to a proxy has a signed assertion.
    pub assertions: bool,
    /// How long that is good.
    pub assertion_lifetime: Duration,
}

/// `[admin]`
#[derive(Clone, Debug)]
pub struct Admin {
    /// Where to listen for operators, if anywhere.
    pub listen: Option<SocketAddr>,
    /// By which names they reach it, besides `localhost`.
    pub hosts: Vec<HostName>,
}

/// `[telemetry]`
#[derive(Clone, Debug)]
pub struct Telemetry {
    /// The collector of traces, if there is one. Without TLS.
    pub otlp_endpoint: Option<WebOrigin>,
}

/// `[log]`
#[derive(Clone, Debug)]
pub struct Log {
    /// How lines look.
    pub format: LogFormat,
    /// Which events are logged.
    pub filter: LogFilter,
}
