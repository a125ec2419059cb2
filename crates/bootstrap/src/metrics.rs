//! What `/metrics` tells: everything that parts of the service count, read when somebody asks and written in one place.
//!
//! No label has in it what a caller sent: each takes its values from a list that is known at start.

mod budgets;
mod commits;
mod write;

use std::{collections::BTreeMap, fmt, sync::Arc};

use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, text::encode},
    registry::Registry,
};
use vestibule_adapters_cache::UseMade;
use vestibule_adapters_crypto::{HashLoad, Keyring};
use vestibule_adapters_db::SeaOrmStore;
use vestibule_adapters_http::{admin::health::Found, mount::Front};
use vestibule_application::{
    meters::{Count, Spread},
    ports::Clock,
};
use vestibule_domain::time::Timestamp;

use self::write::{Labels, Writer};
pub(crate) use self::{
    budgets::{CountedBudgets, Refusals},
    commits::{Commits, CountedUnits},
};
use crate::{background::SweepMeters, serve::ConnectionMeters};

/// Tells how much memory is of use.
pub(crate) type TellUse = Arc<dyn Fn() -> UseMade + Send + Sync>;

/// Everything that is counted.
pub(crate) struct Meters {
    pub(crate) front: Front,
    pub(crate) connections: Arc<ConnectionMeters>,
    pub(crate) hashes: Arc<HashLoad>,
    pub(crate) refusals: Arc<Refusals>,
    pub(crate) commits: Arc<Commits>,
    pub(crate) sweeps: Arc<SweepMeters>,
    pub(crate) database: Option<SeaOrmStore>,
    pub(crate) cached: Option<TellUse>,
    pub(crate) keyring: Arc<Keyring>,
    /// How often another key began to sign.
    pub(crate) rotations: Arc<Count>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) started: Timestamp,
}

impl Meters {
    /// The whole page.
    pub(crate) fn page(self: &Arc<Self>, parts: &[Found]) -> String {
        let mut registry = Registry::with_prefix("vestibule");
        registry.register_collector(Box::new(Page { meters: Arc::clone(self), parts: parts.to_vec() }));
        let mut page = String::new();
        // Writing to memory cannot fail.
        let _ = encode(&mut page, &registry);
        page
    }

    fn write(&self, to: &mut Writer<'_, '_>, parts: &[Found]) -> fmt::Result {
        self.write_service(to, parts)?;
        self.write_traffic(to)?;
        self.write_logins(to)?;
        self.write_store(to)?;
        self.write_sessions(to)
    }

    fn write_service(&self, to: &mut Writer<'_, '_>, parts: &[Found]) -> fmt::Result {
        let version: Labels<'_> = vec![("version", env!("CARGO_PKG_VERSION"))];
        to.gauges("build_info", "What runs here; always 1", [(version, 1.0)])?;
        to.gauge("uptime_seconds", "Seconds since the start", self.seconds_since(self.started))?;
        let parts = parts.iter().map(|found| (vec![("part", found.part)], f64::from(u8::from(found.is_there))));
        to.gauges("part_up", "Whether a part without which requests cannot be answered gave a sign of life", parts)?;
        let connections = &self.connections;
        to.gauge("connections_open", "Connections of clients", number(connections.open.read()))?;
        to.counter("connections_accepted", "Connections that were accepted", connections.accepted.read())?;
        to.counter("connections_refused", "Connections that were closed at once", connections.refused.read())
    }

    /// Mounts of one dialect, and methods of one operation, are told together.
    fn write_traffic(&self, to: &mut Writer<'_, '_>) -> fmt::Result {
        let mut answered: BTreeMap<_, u64> = BTreeMap::new();
        let mut refused: BTreeMap<_, u64> = BTreeMap::new();
        let mut took: BTreeMap<_, Spread> = BTreeMap::new();
        for (dialect, operation, meter) in self.front.traffic() {
            for (class, count) in meter.answered().chain([("none", meter.abandoned.read())]) {
                *answered.entry((dialect, operation, class)).or_default() += count;
            }
            *refused.entry((dialect, operation)).or_default() += meter.refused.read();
            meter.took.add_to(took.entry((dialect, operation)).or_default());
        }
        let answered = answered.iter().map(|((dialect, operation, class), count)| {
            (vec![("dialect", *dialect), ("operation", *operation), ("class", *class)], *count)
        });
        to.counters("http_requests", "Requests by the class of their status; none: the client did not wait", answered)?;
        let of = |(dialect, operation): &(&'static str, &'static str)| -> Labels<'static> {
            vec![("dialect", *dialect), ("operation", *operation)]
        };
        let refused = refused.iter().map(|(operation, count)| (of(operation), *count));
        to.counters("requests_refused", "Answers that tell of a refusal or a failure, whatever their status", refused)?;
        let took = took.iter().map(|(operation, spread)| (of(operation), spread));
        to.histograms("http_request_duration_seconds", "From the head of a request to its answer", took)
    }

    fn write_logins(&self, to: &mut Writer<'_, '_>) -> fmt::Result {
        let hashes = &self.hashes;
        to.gauge("hash_queue_depth", "Password hashes that wait for a thread", number(hashes.waiting.read()))?;
        to.counter("hash_refused", "Password hashes refused because too many waited", hashes.refused.read())?;
        to.histogram("hash_wait_seconds", "How long password hashes waited for a thread", &hashes.waited.read())?;
        to.histogram("hash_duration_seconds", "How long they took after that", &hashes.took.read())?;
        let refusals = self.refusals.read().map(|(budget, count)| (vec![("budget", budget)], count));
        to.counters("throttled", "Attempts that were refused because a budget was spent", refusals)?;
        to.gauge("keys", "Keys that tokens are signed and sealed with", number(self.keyring.count()))?;
        let age = self.seconds_since(self.keyring.signing_since());
        to.gauge("signing_key_age_seconds", "Since when the present key signs", age)?;
        to.counter("key_rotations", "Changes of the signing key since the start", self.rotations.read())
    }

    fn write_store(&self, to: &mut Writer<'_, '_>) -> fmt::Result {
        let outcomes = self.commits.outcomes().map(|(outcome, count)| (vec![("outcome", outcome)], count));
        to.counters("store_commits", "Units of work by what became of them", outcomes)?;
        to.histogram("store_commit_duration_seconds", "How long units of work took", &self.commits.took.read())?;
        let pools = self.database.as_ref().map(SeaOrmStore::pools);
        let pools = pools.iter().flatten();
        let open = pools.clone().map(|pool| (vec![("pool", pool.of)], number(pool.open)));
        to.gauges("db_connections_open", "Connections to the database", open)?;
        let idle = pools.map(|pool| (vec![("pool", pool.of)], number(pool.idle)));
        to.gauges("db_connections_idle", "Those of them that nobody uses", idle)?;
        let Some(cached) = self.cached.as_ref().map(|told| told()) else { return Ok(()) };
        to.counter("cache_hits", "Sessions and users that were told from memory", cached.hits)?;
        to.counter("cache_misses", "Sessions and users that the store was asked for", cached.misses)?;
        let kept = [("sessions", cached.sessions), ("users", cached.users)];
        let kept = kept.map(|(of, count)| (vec![("of", of)], number(count)));
        to.gauges("cache_entries", "What is kept in memory", kept)
    }

    fn write_sessions(&self, to: &mut Writer<'_, '_>) -> fmt::Result {
        let sweeps = &self.sweeps;
        if let Some(live) = sweeps.live() {
            to.gauge("sessions_live", "Live sessions in the store, estimated at each sweep", number(live))?;
        }
        to.counter("sweeps", "Sweeps that were done", sweeps.done.read())?;
        to.counter("sweeps_failed", "Sweeps and writes of last-seen times that failed", sweeps.failed.read())?;
        to.counter("sessions_expired", "Sessions that sweeps ended", sweeps.expired.read())?;
        to.counter("rows_forgotten", "Old sessions and login tokens that sweeps deleted", sweeps.forgotten.read())
    }

    fn seconds_since(&self, time: Timestamp) -> f64 {
        self.clock.now().since(time).as_secs_f64()
    }
}

/// Whole numbers beyond 2^53 are told a little wrong.
fn number(count: impl TryInto<u64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "nothing here is counted so far")]
    let number = count.try_into().unwrap_or(u64::MAX) as f64;
    number
}

/// One answer to one Prometheus.
struct Page {
    meters: Arc<Meters>,
    parts: Vec<Found>,
}

impl fmt::Debug for Page {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Page").finish_non_exhaustive()
    }
}

impl Collector for Page {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        self.meters.write(&mut Writer(&mut encoder), &self.parts)
    }
}
