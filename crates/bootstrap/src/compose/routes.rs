//! Every route there is, for people to see.

use std::sync::Arc;

use anyhow::{Context, Result};
use url::Url;
use vestibule_adapters_crypto::Keys;
use vestibule_adapters_http::mount;
use vestibule_application::{activity::Activity, ports::Clock};

use super::{
    core::{self, Core},
    dialects,
    stores::OpenStores,
};
use crate::{
    clock::SystemClock,
    settings::{Invalid, Settings},
};

/// A route as it is mounted.
pub(crate) struct RouteEntry {
    pub(crate) dialect: &'static str,
    pub(crate) edition: &'static str,
    pub(crate) operation: &'static str,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) hosts: Vec<String>,
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
    let ports = core.ports(settings, (stores, open.memory()), budgets, &activity)?;
    let service = Arc::new(core.service(settings, ports, None));
    let mounts = dialects::mounts(settings, &service, &public_url);
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
