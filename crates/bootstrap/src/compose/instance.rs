//! What this process is called in the message log.

use std::{net::SocketAddr, sync::Arc};

use async_trait::async_trait;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, Stores, UnitOfWork},
    touched::untold,
};
use vestibule_domain::message::InstanceName;

/// Stores whose messages say that this process wrote them, by its host and the port it listens on.
pub(super) fn stamped(stores: &Stores, listen: SocketAddr) -> Stores {
    let host = rustix::system::uname();
    let name = format!("{}:{}", host.nodename().to_string_lossy(), listen.port());
    // A host whose name is no word has no name in the log.
    let Ok(name) = InstanceName::parse(&name) else { return stores.clone() };
    Stores { unit: Arc::new(Stamped { unit: stores.unit.clone(), name }), ..stores.clone() }
}

struct Stamped {
    unit: Arc<dyn UnitOfWork>,
    name: InstanceName,
}

#[async_trait]
impl UnitOfWork for Stamped {
    async fn commit(&self, mut changes: Vec<Change>) -> Result<Committed, CommitError> {
        for change in &mut changes {
            if let Change::Record(event) = change {
                event.by.instance = Some(self.name.clone());
            }
        }
        debug_assert_eq!(untold(&changes), [], "nodes that follow the log would not hear of it");
        self.unit.commit(changes).await
    }
}
