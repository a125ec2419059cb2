//! Puts together what operators are answered by.

use std::sync::{Arc, atomic::AtomicBool};

use axum::Router;
use url::Url;
use vestibule_adapters_http::{
    admin::{
        self,
        documents::{self, Write},
        health::{self, Found, Readiness},
        metrics::{self, Page},
        v1,
    },
    mount::{self, Front, Shared},
    openapi,
};

use super::stores::OpenStores;
use crate::{metrics::Meters, settings::HostName};

/// Everything there is on the operators' listener of a service on this store, which is not ready once it is `leaving`;
/// `apis` are the operators', who reach them by these names, and the documents.
pub(super) fn front(
    open: &OpenStores,
    leaving: Arc<AtomicBool>,
    meters: Meters,
    apis: [Router; 2],
    hosts: &[HostName],
    shared: &Shared,
) -> Front {
    let readiness = Arc::new(Readiness::new(open.parts(), leaving));
    let meters = Arc::new(meters);
    let page: Page = Arc::new(move |parts: &[Found]| meters.page(parts));
    let watched = [health::router(readiness.clone()), metrics::router(readiness, page)];
    let names = hosts.iter().map(|host| host.as_str().to_owned()).collect();
    admin::front(watched.into_iter().chain(apis), names, shared)
}

/// The documents of what operators are answered, and of everything that this front answers.
pub(super) fn documents(front: &Front, public_url: &Url) -> Router {
    let operators: [(&str, Write); 2] =
        [("admin", Arc::new(v1::document)), ("monitoring", Arc::new(documents::monitoring))];
    let mounted = openapi::documents(front.entries(), public_url);
    let of = public_url.clone();
    let keys: (&str, Write) = ("keys", Arc::new(move || mount::keys_document(&of)));
    documents::router(operators.into_iter().chain(mounted).chain([keys]).collect(), public_url)
}
