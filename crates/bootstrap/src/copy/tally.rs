//! How much a store holds, and a checksum over all of it.

use vestibule_application::ports::{Archive, StoreError, archive::Kind};

use super::{Page, encoding::encode, progress::Step};

/// What a store holds of one kind. Two stores that hold the same have equal tallies, whatever stores they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tally {
    /// How many records.
    pub(crate) count: u64,
    /// BLAKE3 over all of them, in order, each with its length before it.
    pub(crate) checksum: blake3::Hash,
}

impl Tally {
    pub(super) async fn of(store: &dyn Archive, kind: Kind, step: &Step) -> Result<Self, StoreError> {
        let (mut count, mut hasher) = (0, blake3::Hasher::new());
        let mut after = None;
        loop {
            let page = Page::read(store, kind, after.as_ref()).await?;
            for bytes in page.records.iter().map(encode) {
                count += 1;
                hasher.update(&(bytes.len() as u64).to_be_bytes()).update(&bytes);
            }
            step.by(page.records.len());
            match page.next {
                Some(key) => after = Some(key),
                None => return Ok(Self { count, checksum: hasher.finalize() }),
            }
        }
    }
}
