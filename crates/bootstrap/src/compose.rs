//! Puts the service together. Only this module and those below it name adapters.

mod admin;
mod core;
mod dialects;
mod instance;
pub(crate) mod keys;
mod listeners;
mod stores;
mod tuning;

#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use url::Url;
use vestibule_adapters_cache::Tenure;
use vestibule_adapters_crypto::Keys;
use vestibule_adapters_http::mount::{self, Collision, Front, Mount, Shared};
use vestibule_application::{
    activity::Activity,
    change::Change,
    operator::Operator,
    ports::{Clock, SetupState, Stores},
    service::Ports,
};
use vestibule_domain::time::Timestamp;

use self::{core::Core, listeners::public_url};
pub(crate) use self::{
    stores::OpenStores,
    tuning::{Measured, tune},
};
use crate::{
    background::Background,
    clock::SystemClock,
    key_watch::KeyWatch,
    report::{Addresses, Report},
    serve::{self, Admin, Certificate},
    settings::{Invalid, OpenTo, Server, Settings, StoreUrl},
};

/// Puts all mounts together, as [`mount::mount`] does.
pub type BuildFront = fn(&[Mount], &Shared) -> Result<Front, Collision>;

/// What a test puts in the place of an adapter, or in front of it.
#[derive(Clone, Default)]
pub struct Overrides {
    /// Instead of the machine's clock.
    pub clock: Option<Arc<dyn Clock>>,
    /// Decorates what the use cases stand on.
    pub ports: Option<Arc<dyn Fn(Ports) -> Ports + Send + Sync>>,
    /// Instead of [`mount::mount`].
    pub mount: Option<BuildFront>,
}

/// A service that is put together and has its address, but does not accept connections yet.
pub struct App {
    pub(crate) listener: TcpListener,
    pub(crate) front: Front,
    pub(crate) admin: Option<Admin>,
    pub(crate) background: Background,
    pub(crate) key_watch: Option<KeyWatch>,
    pub(crate) server: Server,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) store: OpenStores,
    pub(crate) tenure: Option<Tenure>,
    operator: Arc<Operator>,
    report: Report,
}

impl App {
    /// The operator's commands, on this service's own store.
    pub fn operator(&self) -> Arc<Operator> {
        Arc::clone(&self.operator)
    }

    /// What answers requests.
    pub fn front(&self) -> Front {
        self.front.clone()
    }

    /// What is to be told at start.
    pub fn report(&self) -> &Report {
        &self.report
    }
}

/// The operator's commands for a process of their own.
pub(crate) struct Operations {
    pub(crate) operator: Operator,
    pub(crate) store: OpenStores,
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
    // Before anything is made on disk.
    check(settings)?;
    let certificate = settings.server.tls.clone().map(Certificate::read).transpose()?;
    // Early, because it fails most often, and because its port may be in the public URL.
    let (listener, address) = serve::bind(settings.server.listen, "server.listen").await?;
    let admin = match settings.admin.listen {
        Some(listen) => Some(serve::bind(listen, "admin.listen").await?),
        None => None,
    };
    let public_url = public_url(settings, address)?;
    let Overrides { clock, ports: decorate, mount } = overrides;
    let (open, core) = open(settings, clock).await?;
    let (open, tenure) = open.remembering(settings);
    let stores = &instance::stamped(&open.ports, address);

    if let Some(ahead) = ahead_of(core.clock.now(), stores).await? {
        let seconds = ahead.as_secs();
        tracing::warn!(
            "the newest message in the store is {seconds} s ahead of this machine's clock: set the clock right; if the \
             store is a backup or comes from elsewhere, end what it brought back: vestibule session revoke --all"
        );
    }
    for form in &settings.forms {
        stores.unit.commit(vec![Change::PutForm(form.clone())]).await.context("cannot store [[forms]]")?;
    }
    let unconfigured = stores.installation.state().await.context("cannot tell whether the system is set up")?
        == SetupState::Unconfigured;
    let secret = (unconfigured && settings.setup.open_to != OpenTo::Nobody).then(|| core.tokens.mint());
    let activity = Arc::new(Activity::new(stores.sessions.clone(), stores.unit.clone()));
    let budgets = open.budgets(&core::limits(settings), core.clock.clone());
    let mut ports = core.ports(settings, stores, budgets.clone(), &activity)?;
    if let Some(decorate) = decorate {
        ports = decorate(ports);
    }
    let mounts = core.mounts(settings, ports, &public_url, secret.as_ref());
    let shared = Shared {
        ids: core.ids.clone(),
        trusted_proxies: settings.server.trusted_proxies.clone().into(),
        request_timeout: settings.server.request_timeout,
        answer_timeout: settings.server.answer_timeout,
        cors_origins: dialects::texts(&settings.server.cors_origins).into(),
        jwks: Arc::new({
            let keyring = core.keyring.clone();
            move || keyring.published()
        }),
    };
    let front = mount.unwrap_or(mount::mount)(&mounts, &shared)
        .map_err(|collision| Invalid::because("mounts", &collision.to_string()))?;
    let operator = Arc::new(core.operator(settings, stores));
    let at = Addresses { public_url: &public_url, listen: address, admin: admin.as_ref().map(|(_, address)| *address) };
    Ok(App {
        report: Report::new(settings, at, open.durability(), unconfigured, secret.as_ref()),
        admin: admin.map(|(listener, address)| Admin {
            listener,
            address,
            front: admin::front(&shared, &operator, &core, settings),
        }),
        listener,
        front,
        server: settings.server.clone(),
        certificate,
        background: Background {
            activity,
            housekeeping: stores.housekeeping.clone(),
            budgets,
            clock: core.clock.clone(),
            touch_interval: settings.sessions.touch_interval,
            sweep_interval: settings.sessions.sweep_interval,
            keep_ended: settings.sessions.keep_ended,
        },
        key_watch: keys::file(settings).map(|file| KeyWatch::new(file, core.keyring.clone())),
        tenure,
        operator,
        store: open,
    })
}

/// The store, and what stands beside it. A key file that cannot be used is told before there is a store.
async fn open(settings: &Settings, clock: Option<Arc<dyn Clock>>) -> Result<(OpenStores, Core)> {
    let clock = clock.unwrap_or_else(|| Arc::new(SystemClock::default()));
    let existing = keys::existing(settings, clock.as_ref())?;
    let open = OpenStores::open(settings).await?;
    let keys = match existing {
        Some(keys) => keys,
        None => keys::made(settings, &open.ports, clock.as_ref()).await?,
    };
    let core = Core::new(settings, &keys, clock)?;
    Ok((open, core))
}

/// Opens the store for a single command of the operator's.
pub(crate) async fn operate(settings: &Settings) -> Result<Operations> {
    stores::check(settings)?;
    refuse_memory(settings)?;
    let (store, core) = open(settings, None).await?;
    Ok(Operations { operator: core.operator(settings, &store.ports), store })
}

/// Brings the tables of the store up to date, and says which migrations that took.
pub(crate) async fn migrate(settings: &Settings) -> Result<Vec<String>> {
    stores::check(settings)?;
    refuse_memory(settings)?;
    if settings.storage.url.redb_file().is_some() {
        // Such a file is made and brought up to date whenever it is opened.
        OpenStores::open(settings).await?.close().await?;
        return Ok(Vec::new());
    }
    let (database, _company) = stores::connect(settings).await?;
    let applied = stores::migrate(&database, settings).await?;
    database.close().await.context("cannot close the store in good order")?;
    Ok(applied)
}

/// Opens two stores by their URLs, to copy one to the other: the first, with the store of its sessions, as it is, the
/// second with its tables up to date.
pub(crate) async fn open_both(
    settings: &Settings,
    from: (StoreUrl, Option<StoreUrl>),
    to: StoreUrl,
) -> Result<(OpenStores, OpenStores)> {
    let at = |(url, sessions_url)| {
        let mut settings = settings.clone();
        settings.storage.url = url;
        settings.storage.sessions_url = sessions_url;
        settings
    };
    let (from, to) = (at(from), at((to, None)));
    stores::check(&from)?;
    stores::check(&to)?;
    Ok((OpenStores::open_as_it_is(&from).await.context("--from")?, OpenStores::open(&to).await.context("--to")?))
}

/// Finds what only shows when settings are taken together: missing stores, mounts in each other's way.
pub(crate) fn check(settings: &Settings) -> Result<()> {
    stores::check(settings)?;
    if settings.verify.enabled && settings.mounts.iter().any(dialects::is_below_verify) {
        let why =
            "nothing can be mounted at or below /verify, where proxies ask: their requests would be answered by it";
        return Err(Invalid::because("mounts", why).into());
    }
    routes(settings).map(drop)
}

/// Every route of every mount.
pub(crate) fn routes(settings: &Settings) -> Result<Vec<RouteEntry>> {
    // Routes come with their handlers, and handlers stand on a service: this one is never asked anything.
    let open = OpenStores::in_memory();
    let stores = &open.ports;
    let clock = SystemClock::default();
    let core = Core::new(settings, &Keys::random(clock.now())?, Arc::new(clock))?;
    let budgets = open.budgets(&core::limits(settings), core.clock.clone());
    let activity = Arc::new(Activity::new(stores.sessions.clone(), stores.unit.clone()));
    let public_url = Url::parse("http://localhost").context("the public URL is none")?;
    let ports = core.ports(settings, stores, budgets, &activity)?;
    let mounts = core.mounts(settings, ports, &public_url, None);
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

/// How far the clocks of several processes on one store may be apart.
const CLOCK_SKEW: Duration = Duration::from_mins(1);

/// How far the store's newest message is ahead of this clock, if that is too far. A clock that was set back, or was wrong
/// before, keeps sessions alive for longer than it should; nobody but a person can tell which it was.
async fn ahead_of(now: Timestamp, stores: &Stores) -> Result<Option<Duration>> {
    let cannot = "cannot read the message log";
    let latest = stores.messages.latest().await.context(cannot)?;
    let newest = stores.messages.page(latest.saturating_sub(1), 1).await.context(cannot)?;
    Ok(newest.first().map(|message| message.event.at.since(now)).filter(|ahead| *ahead > CLOCK_SKEW))
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
