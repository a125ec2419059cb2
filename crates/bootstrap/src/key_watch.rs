//! Has a running service use its key file as it is, not as it was at start.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, Result};
use tokio::{
    signal::unix::{Signal, SignalKind, signal},
    sync::watch,
    task::{JoinHandle, spawn_blocking},
    time::{MissedTickBehavior, interval},
};
use vestibule_adapters_crypto::{KeyFile, Keyring, Stamp};
use vestibule_application::meters::Count;

/// Looks at the key file every few seconds, and reads it when it has changed or SIGHUP came.
pub(crate) struct KeyWatch {
    file: KeyFile,
    keyring: Arc<Keyring>,
    seen: Option<Stamp>,
    signing: String,
    rotations: Arc<Count>,
}

impl KeyWatch {
    /// How long a changed file goes unnoticed. `--activate-after` must be longer, and is by default.
    const INTERVAL: Duration = Duration::from_secs(2);

    /// Counts in `rotations` how often another key begins to sign.
    pub(crate) fn new(file: KeyFile, keyring: Arc<Keyring>, rotations: Arc<Count>) -> Self {
        Self { file, keyring, seen: None, signing: String::new(), rotations }
    }

    /// Works until `stop` changes or its sender is gone.
    pub(crate) fn start(self, stop: watch::Receiver<bool>) -> Result<JoinHandle<()>> {
        // From here on the signal ends the process no more.
        let hangup = signal(SignalKind::hangup()).context("cannot listen for SIGHUP")?;
        Ok(tokio::spawn(self.run(hangup, stop)))
    }

    async fn run(mut self, mut hangup: Signal, mut stop: watch::Receiver<bool>) {
        let mut due = interval(Self::INTERVAL);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let asked = tokio::select! {
                biased;
                _ = stop.changed() => return,
                _ = hangup.recv() => true,
                _ = due.tick() => false,
            };
            self.look(asked).await;
        }
    }

    async fn look(&mut self, asked: bool) {
        let (file, seen) = (self.file.clone(), self.seen);
        let looked = spawn_blocking(move || {
            let stamp = file.stamp();
            (asked || stamp != seen).then(|| (stamp, file.load()))
        });
        if let Ok(Some((stamp, loaded))) = looked.await {
            self.seen = stamp;
            let taken = loaded.map_err(anyhow::Error::from).and_then(|keys| Ok(self.keyring.replace(&keys)?));
            match taken {
                Ok(()) if asked => tracing::info!("SIGHUP: read the key file again"),
                Ok(()) => {}
                Err(error) => tracing::error!("{error:#}; going on with the keys from before"),
            }
        }
        // It changes without the file too, when the time of a key has come.
        let signing = self.keyring.signing_id();
        if signing != self.signing {
            if !self.signing.is_empty() {
                self.rotations.one_more();
            }
            tracing::info!(key = signing, "tokens are signed and sealed with this key from now on");
            self.signing = signing;
        }
    }
}
