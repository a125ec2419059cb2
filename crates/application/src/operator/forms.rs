//! Form configurations.

use vestibule_domain::{
    form::{FormConfiguration, FormName},
    message::EventKind,
};

use super::{Error, Operator};
use crate::{change::Change, ports::Conflict};

impl Operator {
    /// All form configurations, in the order of their names.
    pub async fn forms(&self) -> Result<Vec<FormConfiguration>, Error> {
        Ok(self.ports.stores.forms.all().await?)
    }

    /// One form configuration.
    pub async fn form(&self, name: FormName) -> Result<FormConfiguration, Error> {
        self.ports.stores.forms.by_name(&name).await?.ok_or(Error::UnknownForm(name))
    }

    /// Adds a form configuration, or replaces the one of its name.
    pub async fn set_form(&self, form: FormConfiguration) -> Result<(), Error> {
        self.commit(vec![Change::PutForm(form), self.record(EventKind::FormChanged, None, self.ports.clock.now())])
            .await
    }

    /// Replaces a form configuration, if it is still what was read; or adds one, if there was none and still is none.
    pub async fn replace_form(&self, form: FormConfiguration, read: Option<FormConfiguration>) -> Result<(), Error> {
        let changed = self.record(EventKind::FormChanged, None, self.ports.clock.now());
        self.commit(vec![Change::ReplaceForm { form, read }, changed]).await.map_err(Error::if_stale)
    }

    /// Removes a form configuration. Answers what it was.
    pub async fn remove_form(&self, name: FormName) -> Result<FormConfiguration, Error> {
        let form = self.form(name.clone()).await?;
        let removed = Change::RemoveForm(name.clone());
        match self.commit(vec![removed, self.record(EventKind::FormChanged, None, self.ports.clock.now())]).await {
            Err(Error::Conflict(Conflict::Missing)) => Err(Error::UnknownForm(name)),
            done => done.map(|()| form),
        }
    }
}
