//! Puts together what operators are answered by.

use std::sync::{Arc, atomic::AtomicBool};

use axum::Router;
use vestibule_adapters_http::{
    admin::{
        self,
        health::{self, Found, Readiness},
        metrics::{self, Page},
    },
    mount::{Front, Shared},
};

use super::stores::OpenStores;
use crate::{metrics::Meters, settings::HostName};

/// Everything there is on the operators' listener of a service on this store, which is not ready once it is `leaving`;
/// `api` is the operators', who reach it by these names.
pub(super) fn front(
    open: &OpenStores,
    leaving: Arc<AtomicBool>,
    meters: Meters,
    api: Router,
    hosts: &[HostName],
    shared: &Shared,
) -> Front {
    let readiness = Arc::new(Readiness::new(open.parts(), leaving));
    let meters = Arc::new(meters);
    let page: Page = Arc::new(move |parts: &[Found]| meters.page(parts));
    let names = hosts.iter().map(|host| host.as_str().to_owned()).collect();
    admin::front([health::router(readiness.clone()), metrics::router(readiness, page), api], names, shared)
}
