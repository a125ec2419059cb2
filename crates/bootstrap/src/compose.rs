//! Puts the service together. The only module that names adapters.

mod dialects;
mod stores;

#[cfg(test)]
mod tests;

use std::{fs::DirBuilder, net::SocketAddr, os::unix::fs::DirBuilderExt, sync::Arc};

use anyhow::{Context, Result, bail};
use axum::Router;
use tokio::net::TcpListener;
use url::Url;
use vestibule_adapters_crypto::{
    AesSeals, Argon2Config, Argon2Cost, Argon2Hasher, Ed25519Signer, MasterKey, RandomIds, RandomTokens,
};
use vestibule_adapters_db::{BudgetLimits, Limit, MemoryBudgets};
use vestibule_adapters_http::mount::{self, Mount, Shared};
use vestibule_application::{
    activity::Activity,
    api::SessionApi,
    change::Change,
    operator::{self, Operator},
    policies::{lifetimes::LifetimePolicy, password::PasswordPolicy, setup::SetupGrants},
    ports::{Clock, Ids, PasswordHasher, SetupState, Tokens},
    service::{self, Policies, Service},
};
use vestibule_domain::{secret::OpaqueToken, session::Origin};

use self::stores::Stores;
use crate::{
    background::Background,
    clock::SystemClock,
    report::Report,
    serve::{self, Deadlines},
    settings::{Dialect, Invalid, OpenTo, Settings, Window},
};

/// What a test puts in the place of an adapter.
#[derive(Clone, Default)]
pub struct Overrides {
    /// Instead of the machine's clock.
    pub clock: Option<Arc<dyn Clock>>,
}

/// A service that is put together and has its address, but does not accept connections yet.
pub struct App {
    pub(crate) listener: TcpListener,
    pub(crate) router: Router,
    pub(crate) background: Background,
    pub(crate) deadlines: Deadlines,
    pub(crate) store: OpenStore,
    operator: Arc<Operator>,
    report: Report,
}

impl App {
    /// The operator's commands, on this service's own store.
    pub fn operator(&self) -> Arc<Operator> {
        Arc::clone(&self.operator)
    }

    /// What is to be told at start.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// A store, to be closed when nothing uses it any more.
pub(crate) struct OpenStore(Stores);

impl OpenStore {
    pub(crate) async fn close(self) -> Result<()> {
        self.0.close().await
    }
}

/// The operator's commands for a process of their own.
pub(crate) struct Operations {
    pub(crate) operator: Operator,
    pub(crate) store: OpenStore,
}

/// A route as it is mounted.
pub(crate) struct RouteEntry {
    pub(crate) dialect: &'static str,
    pub(crate) edition: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) hosts: Vec<String>,
}

/// Builds the service that the settings describe, its store opened and its address taken.
pub async fn build(settings: &Settings, overrides: Overrides) -> Result<App> {
    // First, because it fails most often, and because its port may be in the public URL.
    let listener = serve::bind(settings.server.listen).await?;
    let address = listener.local_addr().context("the listener has no address")?;
    let public_url = public_url(settings, address)?;
    let core = Core::new(settings, master_key(settings)?, overrides)?;
    let stores = Stores::open(settings).await?;

    for form in &settings.forms {
        stores.unit_of_work.commit(vec![Change::PutForm(form.clone())]).await.context("cannot store [[forms]]")?;
    }
    let unconfigured = stores.installation.state().await.context("cannot tell whether the system is set up")?
        == SetupState::Unconfigured;
    let secret = (unconfigured && settings.setup.open_to != OpenTo::Nobody).then(|| core.tokens.mint());
    let activity = Arc::new(Activity::new(stores.sessions.clone(), stores.unit_of_work.clone()));
    let mounts = core.mounts(settings, &stores, &activity, &public_url, secret.as_ref())?;
    let shared = Shared {
        ids: core.ids.clone(),
        trusted_proxies: settings.server.trusted_proxies.clone().into(),
        request_timeout: settings.server.request_timeout,
    };
    let router =
        mount::mount(&mounts, &shared).map_err(|collision| Invalid::because("mounts", &collision.to_string()))?;
    Ok(App {
        report: Report::new(settings, &public_url, address, unconfigured, secret.as_ref()),
        listener,
        router,
        deadlines: Deadlines { head: serve::HEAD_DEADLINE, grace: settings.server.shutdown_grace },
        background: Background {
            activity,
            housekeeping: stores.housekeeping.clone(),
            clock: core.clock.clone(),
            touch_interval: settings.sessions.touch_interval,
            sweep_interval: settings.sessions.sweep_interval,
            keep_ended: settings.sessions.keep_ended,
        },
        operator: Arc::new(core.operator(settings, &stores)),
        store: OpenStore(stores),
    })
}

/// Opens the store for a single command of the operator's.
pub(crate) async fn operate(settings: &Settings) -> Result<Operations> {
    refuse_memory(settings)?;
    let core = Core::new(settings, master_key(settings)?, Overrides::default())?;
    let stores = Stores::open(settings).await?;
    Ok(Operations { operator: core.operator(settings, &stores), store: OpenStore(stores) })
}

/// Brings the tables of the store up to date, and says which migrations that took.
pub(crate) async fn migrate(settings: &Settings) -> Result<Vec<String>> {
    refuse_memory(settings)?;
    let database = stores::connect(settings).await?;
    let applied = stores::migrate(&database, settings).await?;
    database.close().await.context("cannot close the store in good order")?;
    Ok(applied)
}

/// Every route of every mount.
pub(crate) fn routes(settings: &Settings) -> Result<Vec<RouteEntry>> {
    // Routes come with their handlers, and handlers stand on a service: this one is never asked anything.
    let stores = Stores::in_memory();
    let core = Core::new(settings, MasterKey::random(), Overrides::default())?;
    let activity = Arc::new(Activity::new(stores.sessions.clone(), stores.unit_of_work.clone()));
    let public_url = Url::parse("http://localhost").context("the public URL is none")?;
    let mounts = core.mounts(settings, &stores, &activity, &public_url, None)?;
    let table = mount::table(&mounts).map_err(|collision| Invalid::because("mounts", &collision.to_string()))?;
    let entry = |entry: mount::Entry| RouteEntry {
        dialect: entry.dialect.name(),
        edition: dialects::edition(entry.edition),
        operation: entry.operation,
        method: entry.method.to_string(),
        path: entry.path,
        hosts: entry.hosts.into_iter().collect(),
    };
    Ok(table.into_iter().map(entry).collect())
}

/// What does not depend on a store.
struct Core {
    key: MasterKey,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    hasher: Arc<dyn PasswordHasher>,
    tokens: Arc<dyn Tokens>,
}

impl Core {
    fn new(settings: &Settings, key: MasterKey, overrides: Overrides) -> Result<Self> {
        let passwords = &settings.passwords;
        let hasher = Argon2Hasher::start(Argon2Config {
            cost: Argon2Cost {
                memory_kib: passwords.argon2.memory_kib,
                iterations: passwords.argon2.iterations,
                parallelism: passwords.argon2.parallelism,
            },
            threads: passwords.hash_threads,
            queue: passwords.hash_queue,
        });
        Ok(Self {
            clock: overrides.clock.unwrap_or_else(|| Arc::new(SystemClock::default())),
            ids: Arc::new(RandomIds),
            hasher: Arc::new(hasher.context("passwords cannot be hashed")?),
            tokens: Arc::new(RandomTokens::new(&key)),
            key,
        })
    }

    /// The dialects on a service on these stores, in their places.
    fn mounts(
        &self,
        settings: &Settings,
        stores: &Stores,
        activity: &Arc<Activity>,
        public_url: &Url,
        setup_secret: Option<&OpaqueToken>,
    ) -> Result<Vec<Mount>> {
        let origins = Dialect::ALL.map(|dialect| Origin::new(dialect.as_str()));
        let ports = service::Ports {
            sessions: activity.clone(),
            sightings: activity.clone(),
            users: stores.users.clone(),
            roles: stores.roles.clone(),
            nodes: stores.nodes.clone(),
            clients: stores.clients.clone(),
            forms: stores.forms.clone(),
            login_tokens: stores.login_tokens.clone(),
            messages: stores.messages.clone(),
            health: stores.health.clone(),
            unit: stores.unit_of_work.clone(),
            budgets: Arc::new(MemoryBudgets::new(limits(settings), self.clock.clone())),
            tokens: self.tokens.clone(),
            seals: Arc::new(AesSeals::new(&self.key, origins).context("anonymous sessions cannot be sealed")?),
            signer: Arc::new(Ed25519Signer::new(&self.key, public_url.as_str()).context("tokens cannot be signed")?),
            hasher: self.hasher.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        let secret = setup_secret.map(|secret| self.tokens.digest(secret));
        let setup = SetupGrants::new(stores.installation.clone(), self.tokens.clone(), secret);
        let by_origin = settings.sessions.per_dialect.iter().map(|(name, lifetimes)| (Origin::new(*name), *lifetimes));
        let policies = Policies {
            lifetimes: LifetimePolicy {
                default: settings.sessions.lifetimes,
                by_origin: by_origin.collect(),
                shared: settings.sessions.shared,
            },
            passwords: password_policy(settings),
            setup: Arc::new(setup),
        };
        Ok(dialects::mounts(settings, &(Arc::new(Service::new(ports, policies)) as Arc<dyn SessionApi>), public_url))
    }

    fn operator(&self, settings: &Settings, stores: &Stores) -> Operator {
        let ports = operator::Ports {
            unit_of_work: stores.unit_of_work.clone(),
            users: stores.users.clone(),
            roles: stores.roles.clone(),
            nodes: stores.nodes.clone(),
            clients: stores.clients.clone(),
            forms: stores.forms.clone(),
            sessions: stores.sessions.clone(),
            installation: stores.installation.clone(),
            tokens: self.tokens.clone(),
            hasher: self.hasher.clone(),
            clock: self.clock.clone(),
            ids: self.ids.clone(),
        };
        Operator::new(ports, password_policy(settings))
    }
}

fn password_policy(settings: &Settings) -> PasswordPolicy {
    PasswordPolicy { min_length: settings.passwords.min_length, min_score: settings.passwords.min_score }
}

fn limits(settings: &Settings) -> BudgetLimits {
    let limit = |window: Window| Limit { amount: window.attempts as usize, window: window.within };
    let throttle = &settings.throttle;
    BudgetLimits {
        login_to: limit(throttle.account),
        login_from: limit(throttle.address),
        disclosure_to: limit(throttle.disclosures_per_address),
        disclosure: limit(throttle.disclosures_total),
        registration_from: limit(throttle.registrations),
        ..BudgetLimits::default()
    }
}

/// The key in its file, made with its directory when there is none; without a file one that nobody keeps.
fn master_key(settings: &Settings) -> Result<MasterKey> {
    let Some(file) = &settings.keys.file else { return Ok(MasterKey::random()) };
    if file.starts_with(&settings.data_dir) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&settings.data_dir);
        made.with_context(|| {
            let place = settings.data_dir.display();
            format!("cannot make the data directory {place}: make it for this user, or set data_dir to another")
        })?;
    }
    Ok(MasterKey::load_or_create(file)?)
}

/// As it was set, else as the listener can be reached from this machine.
fn public_url(settings: &Settings, listener: SocketAddr) -> Result<Url> {
    let derived = || format!("http://{listener}");
    let url = settings.server.public_url.as_ref().map_or_else(derived, |url| url.as_str().to_owned());
    Url::parse(&url).with_context(|| format!("the public URL {url} is none"))
}

fn refuse_memory(settings: &Settings) -> Result<()> {
    if settings.storage.url.is_memory() {
        bail!(
            "storage.url is memory: such a store lives only inside the running service, out of a command's reach; \
             set it to sqlite:///path/file.db for both"
        );
    }
    Ok(())
}
