//! How many live sessions there are, from a sample: counting them all would take a store of millions a while.
//!
//! Sessions have random ids, and come in the order of these. So if the first two thousand reach a hundredth of the way
//! through all possible ids, there are two hundred thousand.

use vestibule_application::ports::{SessionFilter, SessionStore, StoreError};
use vestibule_domain::{session::SessionId, time::Timestamp};

/// So many that the estimate is off by some two in a hundred; up to so many it is exact.
const SAMPLE: u32 = 2000;

/// About how many sessions with a row are live at this time.
pub(super) async fn live(sessions: &dyn SessionStore, at: Timestamp) -> Result<u64, StoreError> {
    let filter = SessionFilter { subject: None, live_at: Some(at), after: None, limit: SAMPLE };
    let sample = sessions.page(&filter).await?;
    let found = u64::try_from(sample.len()).unwrap_or(u64::MAX);
    let last = sample.last().filter(|_| found >= u64::from(SAMPLE));
    Ok(last.map_or(found, |last| estimate(found, last.id)))
}

/// How many there are if so many have ids up to this one.
fn estimate(found: u64, last: SessionId) -> u64 {
    // The first 64 of the 128 bits tell finely enough.
    let reached = last.as_uuid().as_u64_pair().0.max(1);
    let all = u128::from(found) * (u128::from(u64::MAX) + 1) / u128::from(reached);
    u64::try_from(all).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn random_ids_tell_by_how_far_they_reach_how_many_there_are() {
        const ALL: u32 = 200_000;
        let id = |number: u32| {
            let bytes = *blake3::hash(&number.to_be_bytes()).as_bytes();
            let (bytes, _) = bytes.split_first_chunk::<16>().unwrap();
            uuid::Builder::from_random_bytes(*bytes).into_uuid()
        };
        let mut ids: Vec<Uuid> = (0..ALL).map(id).collect();
        ids.sort_unstable();
        let last = SessionId::from_uuid(ids[SAMPLE as usize - 1]);
        let estimated = estimate(u64::from(SAMPLE), last);
        assert!(estimated.abs_diff(u64::from(ALL)) < u64::from(ALL) / 10, "{estimated}");
    }

    #[test]
    fn ids_that_are_not_random_overflow_nothing() {
        assert_eq!(estimate(u64::from(SAMPLE), SessionId::from_uuid(Uuid::nil())), u64::MAX);
    }
}
