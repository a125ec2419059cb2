//! The keys, before and after the store is known.

use std::{fs::DirBuilder, os::unix::fs::DirBuilderExt};

use anyhow::{Context, Result, bail};
use vestibule_adapters_crypto::{KeyFile, Keys};
use vestibule_application::ports::{Clock, SetupState, Stores};

use crate::settings::Settings;

/// Where the keys are, if anywhere.
pub(crate) fn file(settings: &Settings) -> Option<KeyFile> {
    settings.keys.file.clone().map(KeyFile::at)
}

/// Makes the data directory, if the key file is to be in it.
pub(crate) fn make_directory(settings: &Settings) -> Result<()> {
    if settings.keys.file.as_ref().is_some_and(|file| file.starts_with(&settings.data_dir)) {
        let made = DirBuilder::new().recursive(true).mode(0o700).create(&settings.data_dir);
        made.with_context(|| {
            let place = settings.data_dir.display();
            format!("cannot make the data directory {place}: make it for this user, or set data_dir to another")
        })?;
    }
    Ok(())
}

/// The keys in their file, if there is one; no file names keys that nobody keeps.
pub(super) fn existing(settings: &Settings, clock: &dyn Clock) -> Result<Option<Keys>> {
    make_directory(settings)?;
    match file(settings) {
        Some(file) if file.path().exists() => Ok(Some(file.load()?)),
        Some(_) => Ok(None),
        None => Ok(Some(Keys::random(clock.now())?)),
    }
}

/// Makes the keys of a new installation. A store that has been in use had keys, and new ones would void what they
/// signed and sealed, on this node and for the others.
pub(super) async fn made(settings: &Settings, stores: &Stores, clock: &dyn Clock) -> Result<Keys> {
    let Some(file) = file(settings) else { return Ok(Keys::random(clock.now())?) };
    let state = stores.installation.state().await.context("cannot tell whether the system is set up")?;
    if state != SetupState::Unconfigured && !file.path().exists() {
        bail!(
            "the key file {} is missing, though the store has been in use: put back the one that belongs to it, from \
             a backup or another node, or set keys.file to where it is; `vestibule keys create` makes a new one, which \
             ends all anonymous sessions and signed tokens",
            file.path().display()
        );
    }
    Ok(file.load_or_create(clock.now())?)
}
