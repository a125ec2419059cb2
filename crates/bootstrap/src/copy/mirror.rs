//! Walks two stores side by side and replaces the spans that differ.

use std::collections::HashSet;

use vestibule_application::ports::{
    Archive, CommitError,
    archive::{Kind, Record, Span},
};

use super::{Page, encoding::encode, progress::Step};

/// Makes what `to` holds of a kind what `from` holds of it, and says how many records were not there as they should be.
pub(super) async fn mirror(kind: Kind, from: &dyn Archive, to: &dyn Archive, step: &Step) -> Result<u64, CommitError> {
    match fill(kind, from, to, step).await {
        // A key has changed hands: it is still its old owner's, further on in the copy. Without any owners it is free.
        Err(CommitError::Conflict(_)) => {
            clear(kind, to).await?;
            step.restart();
            fill(kind, from, to, step).await
        }
        done => done,
    }
}

async fn fill(kind: Kind, from: &dyn Archive, to: &dyn Archive, step: &Step) -> Result<u64, CommitError> {
    let (mut after, mut copied) = (None, 0);
    loop {
        let (wanted, there) =
            (Page::read(from, kind, after.as_ref()).await?, Page::read(to, kind, after.as_ref()).await?);
        // As far as both pages reach.
        let through = [&wanted.next, &there.next].into_iter().flatten().min().cloned();
        let span = Span { kind, after, through: through.clone() };
        let (wanted, there) = (within(&span, wanted), within(&span, there));
        step.by(wanted.len());
        let known: HashSet<Vec<u8>> = there.iter().map(encode).collect();
        let unknown = wanted.iter().filter(|record| !known.contains(&encode(record))).count();
        // With none unknown and none too many, they are the same.
        if unknown > 0 || wanted.len() < there.len() {
            to.replace(span, wanted).await?;
        }
        copied += unknown as u64;
        match through {
            Some(key) => after = Some(key),
            None => return Ok(copied),
        }
    }
}

fn within(span: &Span, page: Page) -> Vec<Record> {
    page.records.into_iter().filter(|record| span.has(&record.key())).collect()
}

/// Removes all of a kind, a page at a time.
async fn clear(kind: Kind, store: &dyn Archive) -> Result<(), CommitError> {
    loop {
        let through = Page::read(store, kind, None).await?.next;
        let is_last = through.is_none();
        store.replace(Span { kind, after: None, through }, Vec::new()).await?;
        if is_last {
            return Ok(());
        }
    }
}
