//! The reference implementation of every storage port, for tests and for a service that may forget.

mod archive;
mod budgets;
mod reads;
mod state;
mod table;
mod writes;

use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
pub use budgets::MemoryBudgets;
use state::State;
use vestibule_application::{
    change::Change,
    ports::{CommitError, Committed, UnitOfWork},
};
use vestibule_domain::{form, rights};

/// Keeps everything in memory, behind one lock.
pub struct MemoryStore(Mutex<State>);

impl MemoryStore {
    /// A store with the shipped roles and forms, not set up.
    pub fn new() -> Self {
        let mut state = State::default();
        for role in rights::shipped_roles() {
            state.roles.put(role.name.clone(), role);
        }
        for form in form::shipped_forms() {
            state.forms.put(form.name.clone(), form);
        }
        state.keep();
        Self(Mutex::new(state))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing panics while it holds the lock; should it, an open unit is taken back by the next one that fails.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl UnitOfWork for MemoryStore {
    async fn commit(&self, changes: Vec<Change>) -> Result<Committed, CommitError> {
        let mut state = self.state();
        state.all_or_nothing(|state| changes.into_iter().try_for_each(|change| state.apply(change)))?;
        Ok(Committed { newest: Some(state.latest_message()) })
    }
}
