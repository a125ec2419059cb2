//! Refuses to destroy an installation for a copy of another.

use anyhow::{Context as _, Result, bail};
use vestibule_application::ports::{
    SetupState, StoreError, Stores,
    archive::{Key, Kind},
};

use super::encoding::encode;

/// Nothing is copied from a store that was never set up over one that was.
pub(super) async fn direction(from: &Stores, to: &Stores) -> Result<()> {
    let state = async |stores: &Stores| stores.installation.state().await.context("cannot tell whether it is set up");
    if state(from).await? == SetupState::Unconfigured && state(to).await? == SetupState::Configured {
        bail!("--from has never been set up and --to has: are they the wrong way round?");
    }
    Ok(())
}

/// `to` holds nothing of anybody's, or what `from` held some time ago: then its log is a beginning of `from`'s. As soon
/// as a service has been at work on the copy, or the log is another's, it is not.
pub(super) async fn is_fresh_or_older(from: &Stores, to: &Stores) -> Result<()> {
    let latest = to.messages.latest().await.context("cannot read the log of --to")?;
    if latest == 0 {
        for kind in [Kind::User, Kind::Node, Kind::Client] {
            if !to.archive.export(kind, None, 1).await.context("cannot read --to")?.is_empty() {
                bail!("--to holds {} already, {ADVICE}", super::name(kind));
            }
        }
        return Ok(());
    }
    if last(from, latest).await? != last(to, latest).await? {
        bail!(
            "--to holds another installation, or has been in use since it was copied: its log goes on to message \
             {latest}, which is not in the log of --from; {ADVICE}"
        );
    }
    Ok(())
}

const ADVICE: &str = "and a copy replaces all of it: see that --from and --to are not the wrong way round, and repeat \
                      the command with --overwrite if it may go";

/// The message of this id, if the log has it.
async fn last(stores: &Stores, id: u64) -> Result<Option<Vec<u8>>, StoreError> {
    let message = stores.archive.export(Kind::Message, Some(Key::Number(id - 1)), 1).await?;
    Ok(message.first().filter(|message| message.key() == Key::Number(id)).map(encode))
}
