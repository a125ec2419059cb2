//! Moves an installation from one store to another. Users log in as before, and nobody is logged out.
//!
//! The copy is a mirror, made by replacing what differs: [`mirror`]. That needs no notes on how far it came: whoever is
//! interrupted runs it again, and so does who wants what has changed since.

mod checks;
mod encoding;
mod mirror;
mod progress;
mod tally;

#[cfg(test)]
mod tests;

use anyhow::{Context as _, Result};
use vestibule_application::ports::{
    StoreError, Stores,
    archive::{Key, Kind, Record},
};

pub(crate) use self::{progress::Progress, tally::Tally};

/// What both stores hold of one kind, after copying.
pub(crate) struct Compared {
    /// Which kind.
    pub(crate) kind: Kind,
    /// What there was to copy.
    pub(crate) from: Tally,
    /// What there is now.
    pub(crate) to: Tally,
    /// How many records were not there before, or not as they are now.
    pub(crate) copied: u64,
}

/// Makes `to` a mirror of `from`, and says what both hold. A store that holds anything but an older copy of `from` is
/// only overwritten when `overwrite` says so.
pub(crate) async fn copy(from: &Stores, to: &Stores, overwrite: bool, progress: &Progress) -> Result<Vec<Compared>> {
    checks::direction(from, to).await?;
    if !overwrite {
        checks::is_fresh_or_older(from, to).await?;
    }
    let mut counted = Vec::new();
    for kind in Kind::ALL {
        let counting = progress.of("counting", kind, None);
        counted.push((kind, Tally::of(&*from.archive, kind, &counting).await.with_context(|| reading(kind))?));
    }
    let mut mirrored = Vec::new();
    for (kind, tally) in counted {
        let copying = progress.of("copying", kind, Some(tally.count));
        let copied = mirror::mirror(kind, &*from.archive, &*to.archive, &copying).await;
        let copied = copied.with_context(|| {
            format!("cannot copy the {}; the same command carries on from where it came to", name(kind))
        })?;
        mirrored.push((kind, tally, copied));
    }
    let mut compared = Vec::new();
    for (kind, from, copied) in mirrored {
        let checking = progress.of("checking", kind, Some(from.count));
        let to = Tally::of(&*to.archive, kind, &checking).await.with_context(|| reading(kind))?;
        compared.push(Compared { kind, from, to, copied });
    }
    Ok(compared)
}

/// How many records are read and written at a time.
const CHUNK: u32 = 500;

/// A page of records, and where the next one begins; nothing after the last.
struct Page {
    records: Vec<Record>,
    next: Option<Key>,
}

impl Page {
    fn of(records: Vec<Record>) -> Self {
        let is_full = u32::try_from(records.len()).is_ok_and(|length| length >= CHUNK);
        let next = records.last().filter(|_| is_full).map(Record::key);
        Self { records, next }
    }

    async fn read(
        store: &dyn vestibule_application::ports::Archive,
        kind: Kind,
        after: Option<&Key>,
    ) -> Result<Self, StoreError> {
        Ok(Self::of(store.export(kind, after.cloned(), CHUNK).await?))
    }
}

/// What a person calls the records of a kind.
pub(crate) fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Configured => "set-up latch",
        Kind::Message => "messages",
        Kind::Role => "roles",
        Kind::Form => "forms",
        Kind::User => "users",
        Kind::Node => "nodes",
        Kind::Client => "clients",
        Kind::LoginToken => "login tokens",
        Kind::Session => "sessions",
    }
}

fn reading(kind: Kind) -> String {
    format!("cannot read the {}", name(kind))
}
