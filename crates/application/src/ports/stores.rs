//! All storage ports together, for whoever needs most of them.

use std::sync::Arc;

use super::{
    Archive, ClientStore, FormStore, Health, Housekeeping, Installation, LoginTokenStore, MessageLog, NodeStore,
    RoleStore, SessionStore, UnitOfWork, UserStore,
};

/// Every storage port in one: what a single store implements.
pub trait Store:
    UnitOfWork
    + SessionStore
    + UserStore
    + RoleStore
    + NodeStore
    + ClientStore
    + FormStore
    + LoginTokenStore
    + MessageLog
    + Installation
    + Health
    + Housekeeping
    + Archive
    + 'static
{
}

impl<S> Store for S where
    S: UnitOfWork
        + SessionStore
        + UserStore
        + RoleStore
        + NodeStore
        + ClientStore
        + FormStore
        + LoginTokenStore
        + MessageLog
        + Installation
        + Health
        + Housekeeping
        + Archive
        + 'static
{
}

/// The storage ports, each of which may be another store's, or decorated.
#[derive(Clone)]
#[expect(missing_docs, reason = "each field is the port of that name")]
pub struct Stores {
    pub unit: Arc<dyn UnitOfWork>,
    pub sessions: Arc<dyn SessionStore>,
    pub users: Arc<dyn UserStore>,
    pub roles: Arc<dyn RoleStore>,
    pub nodes: Arc<dyn NodeStore>,
    pub clients: Arc<dyn ClientStore>,
    pub forms: Arc<dyn FormStore>,
    pub login_tokens: Arc<dyn LoginTokenStore>,
    pub messages: Arc<dyn MessageLog>,
    pub installation: Arc<dyn Installation>,
    pub health: Arc<dyn Health>,
    pub housekeeping: Arc<dyn Housekeeping>,
    pub archive: Arc<dyn Archive>,
}

impl Stores {
    /// All ports of one store.
    pub fn of(store: &Arc<impl Store>) -> Self {
        Self {
            unit: store.clone(),
            sessions: store.clone(),
            users: store.clone(),
            roles: store.clone(),
            nodes: store.clone(),
            clients: store.clone(),
            forms: store.clone(),
            login_tokens: store.clone(),
            messages: store.clone(),
            installation: store.clone(),
            health: store.clone(),
            housekeeping: store.clone(),
            archive: store.clone(),
        }
    }
}
