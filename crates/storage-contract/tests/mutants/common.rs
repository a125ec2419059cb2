//! Faults that come in many variants.

use std::time::Duration;

use async_trait::async_trait;
use uuid::Uuid;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Conflict, Stores},
};
use vestibule_domain::{
    session::{Session, SessionId},
    user::UserId,
};

use crate::fault::{Committed, Fault};

/// A unit's changes are replaced before it is committed.
pub(crate) struct Edit(pub(crate) fn(Change) -> Vec<Change>);

#[async_trait]
impl Fault for Edit {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        store.unit.commit(changes.into_iter().flat_map(self.0).collect()).await
    }
}

/// Nobody looks whether these changes' precondition holds: where it does not, they do nothing.
pub(crate) struct Unchecked(pub(crate) fn(&Change) -> bool);

#[async_trait]
impl Fault for Unchecked {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        let mut kept = Vec::new();
        for change in changes {
            let checked = || kept.iter().chain([&change]).cloned().collect();
            if !(self.0)(&change) || conflict(store, checked()).await.is_none() {
                kept.push(change);
            }
        }
        store.unit.commit(kept).await
    }
}

/// These changes' precondition is looked at first, and relied on a moment later.
pub(crate) struct CheckThenAct(pub(crate) fn(&Change) -> bool);

#[async_trait]
impl Fault for CheckThenAct {
    async fn commit(&self, store: &Stores, changes: Vec<Change>) -> Committed {
        if let Some(conflict) = conflict(store, changes.clone()).await {
            return Err(conflict.into());
        }
        a_moment().await;
        Unchecked(self.0).commit(store, changes).await
    }
}

/// Sessions are stored in another shape than they are read in.
pub(crate) struct Reshaped {
    pub(crate) write: fn(&mut Session),
    pub(crate) read: fn(&mut Session),
}

#[async_trait]
impl Fault for Reshaped {
    async fn commit(&self, store: &Stores, mut changes: Vec<Change>) -> Committed {
        for change in &mut changes {
            if let Change::BeginSession { session, .. } | Change::SaveSession { session, .. } = change {
                (self.write)(session);
            }
        }
        store.unit.commit(changes).await
    }

    fn session(&self, mut session: Session) -> Session {
        (self.read)(&mut session);
        session
    }
}

/// What a unit would meet. Writes nothing, because a change that always fails is appended: two that fail differently,
/// for one alone could be taken for the unit's own failure.
pub(crate) async fn conflict(store: &Stores, changes: Vec<Change>) -> Option<Conflict> {
    let nobody = UserId::from_uuid(Uuid::max());
    let always = [
        (Change::ExpectUser { user: nobody, revision: u32::MAX }, Conflict::SubjectChanged),
        (Change::RemoveUser { user: nobody }, Conflict::Missing),
    ];
    for (change, fails) in always {
        let unit = changes.iter().cloned().chain([change]).collect();
        match store.unit.commit(unit).await {
            Err(CommitError::Conflict(conflict)) if conflict != fails => return Some(conflict),
            _ => {}
        }
    }
    None
}

/// Long enough for others to come in between.
pub(crate) async fn a_moment() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// The session of this id, from a store that never fails.
pub(crate) async fn stored(store: &Stores, id: SessionId) -> Option<Session> {
    store.sessions.by_id(id).await.ok().flatten()
}
