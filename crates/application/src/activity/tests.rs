use std::sync::{OnceLock, Weak};

use super::*;
use crate::{
    ports::{Committed, MockUnitOfWork},
    testing::{ALICE, NOW, World, described, digest, refusal, secs, session, session_id},
};

/// When every note is due.
const LATER: Timestamp = Timestamp::from_millis(i64::MAX);

async fn last_seen(activity: &Activity) -> Timestamp {
    activity.by_id(session_id(5)).await.unwrap().unwrap().last_seen
}

#[tokio::test]
async fn what_was_noted_is_believed_at_once_however_a_session_is_read() {
    let activity = World::new().with_row(5, ALICE).activity();
    activity.note(&session(5, ALICE), NOW.plus(secs(9)));
    let expected = Session { last_seen: NOW.plus(secs(9)), ..session(5, ALICE) };
    assert_eq!(activity.by_digest(&digest(5)).await.unwrap(), Some(expected.clone()));
    assert_eq!(activity.by_id(session_id(5)).await.unwrap(), Some(expected.clone()));
    let filter = SessionFilter { subject: None, live_at: None, after: None, limit: 9 };
    assert_eq!(activity.page(&filter).await.unwrap(), [expected]);
    assert_eq!(activity.by_id(session_id(6)).await.unwrap(), None, "a note makes no session");
}

#[tokio::test]
async fn times_never_go_back() {
    let activity = World::new().with_row(5, ALICE).activity();
    activity.note(&session(5, ALICE), NOW.minus(secs(9)));
    assert_eq!(last_seen(&activity).await, NOW, "behind the store's");
    activity.note(&session(5, ALICE), NOW.plus(secs(9)));
    activity.note(&session(5, ALICE), NOW.plus(secs(1)));
    assert_eq!(last_seen(&activity).await, NOW.plus(secs(9)), "behind another note");
}

#[tokio::test]
async fn notes_are_written_once() {
    let world = World::new().with_row(5, ALICE);
    let activity = world.activity();
    activity.note(&session(5, ALICE), NOW.plus(secs(9)));
    activity.flush(LATER).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+9"]);
    activity.flush(LATER).await.unwrap();
    activity.flush(LATER).await.unwrap();
    assert!(world.units().is_empty());
    assert_eq!(last_seen(&activity).await, NOW, "the store has the time now, and it alone");
    activity.note(&session(5, ALICE), NOW.plus(secs(10)));
    activity.flush(LATER).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+10"]);
}

#[tokio::test]
async fn a_session_in_use_is_written_every_so_often_and_when_it_is_left() {
    let world = World::new().with_row(5, ALICE);
    let activity = world.activity();
    let short = Session { idle_ttl: Some(secs(160)), ..session(5, ALICE) };
    for second in 1..=9 {
        activity.note(&short, NOW.plus(secs(second)));
        activity.flush(NOW.plus(secs(second))).await.unwrap();
    }
    assert!(world.units().is_empty(), "a sixteenth of the time that it may go unused has not passed");
    activity.note(&short, NOW.plus(secs(10)));
    activity.flush(NOW.plus(secs(10))).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+10"]);

    activity.note(&short, NOW.plus(secs(11)));
    activity.flush(NOW.plus(secs(20))).await.unwrap();
    assert!(world.units().is_empty(), "it may be seen again soon");
    activity.flush(NOW.plus(secs(21))).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+11"]);

    let long = Session { idle_ttl: Some(secs(1 << 20)), ..session(5, ALICE) };
    activity.note(&long, NOW.plus(secs(610)));
    activity.flush(NOW.plus(secs(610))).await.unwrap();
    assert!(world.units().is_empty(), "it is in use");
    activity.note(&long, NOW.plus(secs(611)));
    activity.flush(NOW.plus(secs(611))).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+611"], "however long it may go unused");
}

#[tokio::test]
async fn a_session_that_may_go_unused_for_less_from_now_on_is_written_more_often_from_now_on() {
    let world = World::new().with_row(5, ALICE);
    let activity = world.activity();
    let before = Session { idle_ttl: None, ..session(5, ALICE) };
    let after = Session { idle_ttl: Some(secs(32)), ..session(5, ALICE) };
    activity.note(&before, NOW.plus(secs(1)));
    activity.note(&after, NOW.plus(secs(2)));
    activity.flush(NOW.plus(secs(2))).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+2"]);
}

#[tokio::test]
async fn at_the_end_everything_is_written() {
    let world = World::new().with_row(5, ALICE);
    let activity = world.activity();
    activity.note(&session(5, ALICE), NOW.plus(secs(1)));
    activity.flush_all().await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+1"]);
}

#[tokio::test]
async fn many_notes_are_written_in_batches_and_those_that_fail_stay_noted() {
    let world = World::new();
    let activity = world.activity();
    for number in 0..1001_u32 {
        let id = SessionId::from_uuid(uuid::Uuid::from_u128(number.into()));
        activity.note(&Session { id, ..session(5, ALICE) }, NOW.plus(secs(1)));
    }
    let sizes = || world.units().iter().map(|unit| unit[0].matches('@').count()).collect::<Vec<_>>();
    world.state().fails_at = Some(1);
    assert!(refusal(activity.flush(LATER).await).starts_with("Store("));
    assert_eq!(sizes(), [500], "the second batch failed");
    activity.flush(LATER).await.unwrap();
    assert_eq!(sizes(), [500, 1], "what was written is not written again");
}

#[tokio::test]
async fn a_failing_store_loses_no_note() {
    let world = World::new().with_row(5, ALICE);
    let activity = world.activity();
    activity.note(&session(5, ALICE), NOW.plus(secs(9)));
    world.state().fails_at = Some(0);
    assert!(activity.flush(LATER).await.is_err());
    assert_eq!(last_seen(&activity).await, NOW.plus(secs(9)));
    activity.flush(LATER).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+9"]);
}

/// A store whose answers are under way while notes are written.
#[derive(Default)]
struct Slow(OnceLock<Weak<Activity>>);

#[async_trait]
impl SessionStore for Slow {
    async fn by_digest(&self, _: &Digest) -> Result<Option<Session>, StoreError> {
        self.by_id(session_id(5)).await
    }

    async fn by_id(&self, _: SessionId) -> Result<Option<Session>, StoreError> {
        let read = session(5, ALICE);
        self.0.get().unwrap().upgrade().unwrap().flush(LATER).await.unwrap();
        Ok(Some(read))
    }

    async fn page(&self, _: &SessionFilter) -> Result<Vec<Session>, StoreError> {
        Ok(self.by_id(session_id(5)).await?.into_iter().collect())
    }
}

#[tokio::test]
async fn a_session_that_was_read_before_its_note_was_written_is_fresh_all_the_same() {
    let slow = Arc::new(Slow::default());
    let activity = Arc::new(Activity::new(slow.clone(), World::new().ports().stores.unit));
    slow.0.set(Arc::downgrade(&activity)).unwrap();
    activity.note(&session(5, ALICE), NOW.plus(secs(9)));
    assert_eq!(last_seen(&activity).await, NOW.plus(secs(9)));
}

#[tokio::test]
async fn what_is_noted_while_notes_are_written_is_written_next() {
    let noting: Arc<OnceLock<Weak<Activity>>> = Arc::default();
    let written: Arc<Mutex<Vec<String>>> = Arc::default();
    let mut unit = MockUnitOfWork::new();
    let (late, log) = (noting.clone(), written.clone());
    unit.expect_commit().returning(move |changes| {
        log.lock().unwrap().extend(described(&changes));
        late.get().unwrap().upgrade().unwrap().note(&session(5, ALICE), NOW.plus(secs(9)));
        Ok(Committed::default())
    });
    let activity = Arc::new(Activity::new(World::new().ports().stores.sessions, Arc::new(unit)));
    noting.set(Arc::downgrade(&activity)).unwrap();
    activity.note(&session(5, ALICE), NOW.plus(secs(1)));
    for _ in 0..3 {
        activity.flush(LATER).await.unwrap();
    }
    assert_eq!(*written.lock().unwrap(), ["touch 5@+1", "touch 5@+9"]);
}
