//! How many live sessions there are, from a sample: counting them all would take a store of millions a while.
//!
//! Sessions have random ids, if some that follow each other begin alike, and come in the order of these. So if the first two
//! thousand reach a hundredth of the way through all possible ids, there are two hundred thousand.

use vestibule_application::ports::{SessionFilter, SessionStore, StoreError};
use vestibule_domain::{session::SessionId, time::Timestamp};

/// So many that the estimate is off by some two in a hundred, or some nine where sixteen each begin alike; up to so many it is
/// exact.
const SAMPLE: u32 = 2000;
/// So few at a time: all at once they would be a quarter of what an idle process has in memory.
const PAGE: u32 = 100;

/// About how many sessions with a row are live at this time.
pub(super) async fn live(sessions: &dyn SessionStore, at: Timestamp) -> Result<u64, StoreError> {
    let mut filter = SessionFilter { subject: None, live_at: Some(at), after: None, limit: PAGE };
    let mut found = 0;
    while found < SAMPLE {
        let page = sessions.page(&filter).await?;
        let some = u32::try_from(page.len()).unwrap_or(PAGE);
        found += some;
        filter.after = page.last().map(|last| last.id).or(filter.after);
        if some < PAGE {
            return Ok(found.into());
        }
    }
    Ok(filter.after.map_or(0, |last| estimate(found.into(), last)))
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
    use vestibule_application::ports::MockSessionStore;
    use vestibule_domain::session::{DeviceName, Origin, Session};

    use super::*;

    /// So many sessions with random ids, in the order of these.
    fn some(count: u32) -> MockSessionStore {
        let id = |number: u32| {
            let bytes = *blake3::hash(&number.to_be_bytes()).as_bytes();
            let (bytes, _) = bytes.split_first_chunk::<16>().unwrap();
            SessionId::from_uuid(uuid::Builder::from_random_bytes(*bytes).into_uuid())
        };
        let mut ids: Vec<SessionId> = (0..count).map(id).collect();
        ids.sort_unstable_by_key(|id| id.as_uuid());
        let mut store = MockSessionStore::new();
        store.expect_page().returning(move |filter| {
            let session = |id: &SessionId| {
                let (origin, now) = (Origin::new("x"), Timestamp::EPOCH);
                Session::begin(*id, origin, DeviceName::default(), now, now)
            };
            let after = filter.after.map_or(0, |after| ids.iter().position(|id| *id == after).unwrap() + 1);
            Ok(ids[after..].iter().take(filter.limit as usize).map(session).collect())
        });
        store
    }

    #[tokio::test]
    async fn few_are_counted_and_many_told_by_how_far_the_first_of_them_reach() {
        for count in [0, 1, PAGE, PAGE + 1, SAMPLE - 1] {
            assert_eq!(live(&some(count), Timestamp::EPOCH).await.unwrap(), u64::from(count));
        }
        let all = 200_000;
        let estimated = live(&some(all), Timestamp::EPOCH).await.unwrap();
        assert!(estimated.abs_diff(u64::from(all)) < u64::from(all) / 10, "{estimated}");
    }

    #[test]
    fn ids_that_are_not_random_overflow_nothing() {
        assert_eq!(estimate(u64::from(SAMPLE), SessionId::from_uuid(Uuid::nil())), u64::MAX);
    }
}
