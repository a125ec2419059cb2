//! What has to go on for memory to be true, beside requests.

use anyhow::{Context, Result};
use tokio::{sync::watch, task::JoinHandle};
use vestibule_adapters_cache::{Keeper, Tenure};

/// What of it this service has.
#[derive(Default)]
pub(crate) struct Upkeep {
    /// Where the store is a file that other processes may open.
    pub(crate) tenure: Option<Tenure>,
    /// Where it answers from memory beside others without asking.
    pub(crate) keeper: Option<Keeper>,
}

/// The same under way.
pub(crate) struct UnderWay {
    tenure: Option<JoinHandle<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl Upkeep {
    /// Begins, until `stop` changes and it [is over](UnderWay::over_before).
    pub(crate) fn start(self, stop: watch::Receiver<bool>) -> UnderWay {
        let tenure = self.tenure.map(|tenure| {
            tokio::spawn(async move {
                let error = tenure.run().await;
                tracing::error!("cannot tell whether other programs use the store ({error}): every read goes to it");
            })
        });
        let keeper = self.keeper.map(|keeper| {
            tokio::spawn(async move {
                if let Err(gone) = tokio::spawn(keeper.run(stop)).await {
                    tracing::error!(
                        "no lease is held any more ({gone}): it is asked at each request what others have written"
                    );
                }
            })
        });
        UnderWay { tenure, keeper }
    }
}

impl UnderWay {
    /// Sees to it that others need not wait for this process any more before this closes the store, and lets them to its file after that.
    pub(crate) async fn over_before(self, close: impl Future<Output = Result<()>>) -> Result<()> {
        let kept = match self.keeper {
            Some(keeper) => keeper.await.context("what held a lease broke down"),
            None => Ok(()),
        };
        let closed = close.await;
        kept.and(closed)?;
        if let Some(tenure) = self.tenure {
            tenure.abort();
        }
        Ok(())
    }
}
