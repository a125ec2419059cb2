//! Puts the service together. Only this module and those below it name adapters.

mod admin;
mod core;
mod dialects;
mod instance;
pub(crate) mod keys;
mod listeners;
mod routes;
mod stores;
mod tuning;

#[cfg(test)]
mod tests;

use std::{
    sync::{Arc, atomic::AtomicBool},
    time::Duration,
};

use anyhow::{Context, Result, bail};
use tokio::net::TcpListener;
use vestibule_adapters_http::{
    admin::v1,
    mount::{self, Collision, Front, Mount, Shared},
};
use vestibule_application::{
    activity::Activity,
    change::Change,
    meters::Count,
    operator::Operator,
    ports::{Clock, SetupState, Stores},
    service::Ports,
};
use vestibule_domain::time::Timestamp;

use self::{core::Core, listeners::public_url};
pub(crate) use self::{
    listeners::from_here,
    routes::{RouteEntry, routes},
    stores::OpenStores,
    tuning::{Measured, tune},
};
use crate::{
    background::Background,
    clock::SystemClock,
    key_watch::KeyWatch,
    metrics::{Commits, Meters},
    report::{Addresses, Report},
    serve::{self, Admin, Certificate, ConnectionMeters, Place, Sockets},
    settings::{Invalid, OpenTo, Server, Settings, Storage, StoreUrl},
    upkeep::Upkeep,
};

/// Puts all mounts together, as [`mount::mount`] does.
pub type BuildFront = fn(&[Mount], &Shared) -> Result<Front, Collision>;

/// What is put in the place of an adapter, or in front of it: by tests, and sockets by a service manager.
#[derive(Clone, Default)]
pub struct Overrides {
    /// Instead of the machine's clock.
    pub clock: Option<Arc<dyn Clock>>,
    /// Decorates what the use cases stand on.
    pub ports: Option<Arc<dyn Fn(Ports) -> Ports + Send + Sync>>,
    /// Instead of [`mount::mount`].
    pub mount: Option<BuildFront>,
    /// Instead of sockets of its own.
    pub sockets: Sockets,
}

/// A service that is put together and has its address, but does not accept connections yet.
pub struct App {
    pub(crate) listener: TcpListener,
    pub(crate) front: Front,
    pub(crate) admin: Option<Admin>,
    /// Becomes true when the service is about to end.
    pub(crate) leaving: Arc<AtomicBool>,
    pub(crate) connections: Arc<ConnectionMeters>,
    pub(crate) background: Background,
    pub(crate) key_watch: Option<KeyWatch>,
    pub(crate) server: Server,
    pub(crate) certificate: Option<Certificate>,
    pub(crate) store: OpenStores,
    pub(crate) upkeep: Upkeep,
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

/// Builds the service that the settings describe, its store opened and its address taken.
pub async fn build(settings: &Settings, overrides: Overrides) -> Result<App> {
    let Overrides { clock, ports: decorate, mount, sockets } = overrides;
    // Before anything is made on disk.
    check(settings)?;
    let certificate = settings.server.tls.clone().map(Certificate::read).transpose()?;
    // Early, because it fails most often, and because its port may be in the public URL.
    let (listener, address) = serve::bind(settings.server.listen, Place::SERVER, &sockets).await?;
    let admin = match settings.admin.listen {
        Some(listen) => Some(serve::bind(listen, Place::ADMIN, &sockets).await?),
        None => None,
    };
    let public_url = public_url(settings, address)?;
    let (open, core) = open(settings, clock).await?;
    let (open, upkeep) = open.remembering(settings, &core.clock);
    let (commits, sweeps, connections) = (Arc::<Commits>::default(), Arc::default(), Arc::default());
    let open = open.counting(commits.clone());
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
    let ports = core.ports(settings, (stores, open.memory()), budgets.clone(), &activity)?;
    let ports = if let Some(decorate) = decorate { decorate(ports) } else { ports };
    let service = Arc::new(core.service(settings, ports, secret.as_ref()));
    let mounts = dialects::mounts(settings, &service, &public_url);
    let shared = Shared {
        ids: core.ids.clone(),
        trusted_proxies: settings.server.trusted_proxies.clone().into(),
        request_timeout: settings.server.request_timeout,
        answer_timeout: settings.server.answer_timeout,
        cors_origins: dialects::texts(&settings.server.cors_origins).into(),
        at_hand: service,
        jwks: Arc::new({
            let keyring = core.keyring.clone();
            move || keyring.published()
        }),
    };
    let front = mount.unwrap_or(mount::mount)(&mounts, &shared)
        .map_err(|collision| Invalid::because("mounts", &collision.to_string()))?;
    let leaving = Arc::new(AtomicBool::new(false));
    let rotations = Arc::<Count>::default();
    let (database, cached) = open.watched();
    let meters = Meters {
        front: front.clone(),
        connections: Arc::clone(&connections),
        hashes: core.hashes.clone(),
        refusals: core.refusals.clone(),
        commits,
        sweeps: Arc::clone(&sweeps),
        database,
        cached,
        keyring: core.keyring.clone(),
        rotations: rotations.clone(),
        clock: core.clock.clone(),
        started: core.clock.now(),
    };
    let operator = Arc::new(core.operator(settings, stores));
    let api = v1::router(operator.clone(), core.clock.clone(), settings.to_json(), leaving.clone());
    let apis = [api, admin::documents(&front, &public_url)];
    let admin_front = admin::front(&open, leaving.clone(), meters, apis, &settings.admin.hosts, &shared);
    let at = Addresses { public_url: &public_url, listen: address, admin: admin.as_ref().map(|(_, address)| *address) };
    Ok(App {
        report: Report::new(settings, at, open.durability(), unconfigured, secret.as_ref()),
        admin: admin.map(|(listener, address)| Admin { listener, address, front: admin_front }),
        leaving,
        connections,
        listener,
        front,
        server: settings.server.clone(),
        certificate,
        background: Background {
            activity,
            housekeeping: stores.housekeeping.clone(),
            budgets,
            sessions: stores.sessions.clone(),
            meters: sweeps,
            clock: core.clock.clone(),
            touch_interval: settings.sessions.touch_interval,
            sweep_interval: settings.sessions.sweep_interval,
            keep_ended: settings.sessions.keep_ended,
        },
        key_watch: keys::file(settings).map(|file| KeyWatch::new(file, core.keyring.clone(), rotations)),
        upkeep,
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
        // Whether to follow is said of the store in the configuration.
        settings.storage = Storage { url, sessions_url, follow_log: false, leases: false, ..settings.storage };
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
