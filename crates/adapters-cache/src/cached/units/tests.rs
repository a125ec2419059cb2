use std::num::NonZeroUsize;

use vestibule_application::ports::{KeyKind, Recall, SessionStore, UnitOfWork, UserStore};
use vestibule_domain::{
    message::EventKind,
    session::{EndReason, Ending},
};

use super::*;
use crate::{
    Capacity,
    fixtures::{ALICE, START, Slow, add_alice, alice, digest, record, session, session_id},
};

const CAPACITY: Capacity = Capacity { sessions: NonZeroUsize::MIN.saturating_add(9), users: NonZeroUsize::MIN };

/// She comes in.
fn log_in() -> Vec<Change> {
    let subject = Subject::User(ALICE);
    vec![
        Change::BeginSession { session: session(1), digest: digest(1) },
        Change::RecordLogin { subject, at: START, succeeded: true },
        record(EventKind::SessionBegun, Some(session_id(1)), Some(subject)),
    ]
}

/// She was asked for by her login name, and is coming in; what is done until that is over.
async fn meanwhile(changes: Vec<Change>) -> (Arc<Cached>, Arc<Slow>) {
    let slow = Arc::new(Slow::default());
    slow.store.commit(add_alice()).await.unwrap();
    let cached = Arc::new(Cached::new(slow.stores(), CAPACITY));
    cached.by_key(&alice().login.key(), KeyKind::Any).await.unwrap();
    let unit = slow.commit_first(&cached, log_in()).await;
    cached.commit(changes).await.unwrap();
    slow.may_say_so.notify_one();
    unit.await.unwrap().unwrap();
    (cached, slow)
}

/// What is told of her session and of her, which is what the store says.
async fn told(cached: &Cached, slow: &Slow) -> (Session, Arc<User>) {
    let (session, user) = (cached.by_digest(&digest(1)).await, cached.profile(ALICE).await);
    let (session, user) = (session.unwrap().unwrap(), user.unwrap().unwrap());
    assert_eq!(slow.store.by_digest(&digest(1)).await.unwrap().as_ref(), Some(&session));
    assert_eq!(slow.store.profile(ALICE).await.unwrap().as_ref(), Some(&user));
    (session, user)
}

#[tokio::test]
async fn of_whoever_has_come_in_nothing_is_read_again() {
    let (cached, slow) = meanwhile(Vec::new()).await;
    let found = cached.session(&digest(1)).unwrap();
    let (session, user) = told(&cached, &slow).await;
    assert_eq!((found.session, found.user), (session, Some(Arc::clone(&user))));
    assert_eq!((user.last_successful_login, cached.use_made().misses), (Some(START), 0));
}

#[tokio::test]
async fn whoever_is_disabled_while_they_come_in_is_not_told_as_they_were() {
    let (cached, slow) = meanwhile(vec![Change::SetDisabled { user: ALICE, disabled: true }]).await;
    assert!(cached.session(&digest(1)).unwrap().user.is_none());
    assert!(told(&cached, &slow).await.1.disabled);
}

#[tokio::test]
async fn a_session_that_is_ended_before_its_beginning_was_told_is_not_told_as_it_began() {
    let ending = Ending { at: START, reason: EndReason::SubjectChanged };
    let (cached, slow) = meanwhile(vec![Change::EndSessionsOf { subject: Subject::User(ALICE), ending }]).await;
    assert!(cached.session(&digest(1)).is_none());
    assert_eq!(told(&cached, &slow).await.0.ended, Some(ending));
}

#[tokio::test]
async fn a_login_that_was_not_written_is_not_noted() {
    let slow = Arc::new(Slow::default());
    slow.store.commit(add_alice()).await.unwrap();
    slow.store.commit(log_in()).await.unwrap();
    let cached = Cached::new(slow.stores(), CAPACITY);
    cached.by_key(&alice().login.key(), KeyKind::Any).await.unwrap();
    slow.may_say_so.notify_one();
    let mut later = log_in();
    later.push(Change::RecordLogin {
        subject: Subject::User(ALICE),
        at: START.plus(crate::fixtures::HOUR),
        succeeded: true,
    });
    cached.commit(later).await.unwrap_err();
    assert_eq!(told(&cached, &slow).await.1.last_successful_login, Some(START));
}
