//! A request's writes end where its client hangs up: nothing owns them but the request's own future.
//!
//! Three defences stand against that, and each of them suffices: the handler runs in a task, so does each unit of work,
//! and connections are cleaned before they are used again. All three are missing here.

use std::sync::Arc;

use anyhow::Result;
use axum::{Extension, Router, extract::Request, routing::MethodRouter};
use vestibule_adapters_db::Unguarded;
use vestibule_adapters_http::{
    client::Connection,
    inbound::Inbound,
    mount::{Collision, Front, Mount, Shared, table},
    request_id::RequestId,
};
use vestibule_application::{
    ports::{Stores, UnitOfWork},
    service::Ports,
};
use vestibule_bootstrap::{compose::Overrides, settings::Settings};

pub(crate) async fn overrides(settings: &Settings) -> Result<Overrides> {
    let unguarded = Unguarded::connect(settings.storage.url.expose(), settings.storage.writers).await?;
    let unit: Arc<dyn UnitOfWork> = Arc::new(unguarded);
    let decorate = move |ports: Ports| Ports { stores: Stores { unit: unit.clone(), ..ports.stores }, ..ports };
    Ok(Overrides { ports: Some(Arc::new(decorate)), mount: Some(mount), ..Overrides::default() })
}

/// The documented routes, each answered in the request's own future.
fn mount(mounts: &[Mount], shared: &Shared) -> Result<Front, Collision> {
    let mut router = Router::new();
    for entry in table(mounts)? {
        let (handler, dialect, shared) = (entry.handler, entry.dialect, shared.clone());
        let answer = async move |Extension(connection): Extension<Connection>, request: Request| match Inbound::receive(
            request,
            RequestId::made(shared.ids.next()),
            connection,
            &shared.trusted_proxies,
        )
        .await
        {
            Ok(inbound) => handler(inbound).await,
            Err(refusal) => dialect.refuse(refusal),
        };
        let filter = entry.method.try_into().expect("a documented method");
        router = router.route(&entry.path, MethodRouter::new().on(filter, answer));
    }
    Ok(Front::of(router, shared.clone()))
}
