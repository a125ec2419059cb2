use std::sync::{
    OnceLock, Weak,
    atomic::{AtomicBool, AtomicI64, Ordering::SeqCst},
};

use super::*;
use crate::{
    ports::{Committed, MockUnitOfWork},
    testing::{ALICE, Anywhere, NOW, World, described, digest, refusal, secs, session, session_id},
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

/// A place in memory where Alice's session is, and what is kept of it there.
fn place() -> (Arc<dyn Place>, Session) {
    (Arc::new(Anywhere::default()), session(5, ALICE))
}

fn last_seen_in(activity: &Activity, place: &Arc<dyn Place>) -> Timestamp {
    let mut session = session(5, ALICE);
    activity.refresh_in(place.as_ref(), &mut session);
    session.last_seen
}

#[tokio::test]
async fn what_is_seen_in_its_place_is_believed_at_once_and_written_once() {
    let world = World::new().with_row(5, ALICE);
    let (activity, (place, session)) = (world.activity(), place());
    assert_eq!(last_seen_in(&activity, &place), NOW, "as the store says");
    for second in [1, 9, 4] {
        activity.note_in(&place, &session, NOW.plus(secs(second)));
    }
    assert_eq!(last_seen_in(&activity, &place), NOW.plus(secs(9)));
    assert_eq!(last_seen(&activity).await, NOW.plus(secs(9)), "also by those who find it elsewhere");
    activity.flush(LATER).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+9"]);
    activity.flush(LATER).await.unwrap();
    assert!(world.units().is_empty());
    activity.note_in(&place, &session, NOW.plus(secs(10)));
    activity.flush(LATER).await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+10"], "also after nobody looked there any more");
}

#[tokio::test]
async fn what_is_seen_elsewhere_is_believed_in_its_place() {
    let (activity, (place, session)) = (World::new().with_row(5, ALICE).activity(), place());
    activity.note(&session, NOW.plus(secs(1)));
    assert_eq!(last_seen_in(&activity, &place), NOW.plus(secs(1)), "before it was seen there");
    activity.note_in(&place, &session, NOW.plus(secs(2)));
    activity.note(&session, NOW.plus(secs(3)));
    assert_eq!(last_seen_in(&activity, &place), NOW.plus(secs(3)), "and after");
}

#[tokio::test]
async fn a_session_that_has_moved_to_another_place_is_seen_in_both() {
    let world = World::new().with_row(5, ALICE);
    let (activity, (old, session), (new, _)) = (world.activity(), place(), place());
    activity.note_in(&old, &session, NOW.plus(secs(1)));
    activity.note_in(&old, &session, NOW.plus(secs(5)));
    activity.note_in(&new, &session, NOW.plus(secs(3)));
    assert_eq!(last_seen_in(&activity, &new), NOW.plus(secs(5)));
    // Whoever found it in the old one before.
    activity.note_in(&old, &session, NOW.plus(secs(7)));
    assert_eq!(last_seen_in(&activity, &old), NOW.plus(secs(7)));
    activity.flush_all().await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+7"]);
}

#[tokio::test]
async fn a_place_that_memory_has_given_up_is_let_go_and_what_was_seen_there_is_not() {
    let world = World::new().with_row(5, ALICE);
    let (activity, (place, session)) = (world.activity(), place());
    let held = Arc::downgrade(&place);
    for second in [1, 9] {
        activity.note_in(&place, &session, NOW.plus(secs(second)));
    }
    drop(place);
    activity.flush(NOW).await.unwrap();
    assert!(held.upgrade().is_none() && world.units().is_empty(), "it is not due");
    assert_eq!(last_seen(&activity).await, NOW.plus(secs(9)));
    activity.flush_all().await.unwrap();
    assert_eq!(world.unit(), ["touch 5@+9"]);
}

#[tokio::test]
async fn a_session_in_use_in_its_place_is_written_as_often_as_any() {
    let world = World::new().with_row(5, ALICE);
    let (activity, (place, session)) = (world.activity(), place());
    let short = Session { idle_ttl: Some(secs(160)), ..session };
    for second in 1..=25 {
        activity.note_in(&place, &short, NOW.plus(secs(second)));
        activity.flush(NOW.plus(secs(second))).await.unwrap();
    }
    assert_eq!(world.units(), [["touch 5@+10"], ["touch 5@+20"]]);
}

/// A place where the session is seen once more when somebody has looked so many times.
#[derive(Default)]
struct Busy {
    seen: Seen,
    looks_until: AtomicI64,
    is_noticed: AtomicBool,
}

impl Place for Busy {
    fn seen(&self) -> &Seen {
        if self.looks_until.fetch_sub(1, SeqCst) == 1 {
            self.is_noticed.store(self.seen.see(NOW.plus(secs(20))), SeqCst);
        }
        &self.seen
    }
}

#[tokio::test]
async fn what_is_seen_while_nobody_wants_to_look_there_any_more_is_not_lost() {
    let mut noticed = Vec::new();
    for looks in 1..6 {
        let world = World::new().with_row(5, ALICE);
        let (activity, busy) = (world.activity(), Arc::new(Busy::default()));
        let place: Arc<dyn Place> = busy.clone();
        activity.note_in(&place, &session(5, ALICE), NOW.plus(secs(9)));
        activity.flush(LATER).await.unwrap();
        assert_eq!(world.unit(), ["touch 5@+9"]);
        busy.looks_until.store(looks, SeqCst);
        // Now it would be given up.
        activity.flush(LATER).await.unwrap();
        activity.flush_all().await.unwrap();
        let is_noticed = busy.is_noticed.load(SeqCst);
        noticed.push(is_noticed);
        // Whoever is told that it is not noticed tells.
        assert!(!is_noticed || world.units() == [["touch 5@+20"]], "at look {looks}");
    }
    assert_eq!(noticed[..3], [true, true, false], "it was seen before and after that was promised");
}
