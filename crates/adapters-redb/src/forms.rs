//! Form configurations: reads.

use async_trait::async_trait;
use vestibule_application::ports::{FormStore, StoreError};
use vestibule_domain::form::{FormConfiguration, FormName};

use crate::{RedbStore, rows};

#[async_trait]
impl FormStore for RedbStore {
    async fn by_name(&self, name: &FormName) -> Result<Option<FormConfiguration>, StoreError> {
        self.look(|tx| rows::get(tx, name.as_str()))
    }

    async fn all(&self) -> Result<Vec<FormConfiguration>, StoreError> {
        self.list(rows::all).await
    }
}
