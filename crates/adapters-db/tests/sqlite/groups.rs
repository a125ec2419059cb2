//! Units that share a transaction.

use std::time::Instant;

use tokio::task::JoinHandle;
use vestibule_application::ports::{Committed, SessionFilter};

use super::*;

type Outcome = Result<Committed, CommitError>;

fn asked(store: &SeaOrmStore, unit: Vec<Change>) -> JoinHandle<Outcome> {
    let store = store.clone();
    tokio::spawn(async move { store.commit(unit).await })
}

/// Has all these units wait for another program, so that they are written together, and says what came of each.
async fn together(place: &Place, store: &SeaOrmStore, units: Vec<Vec<Change>>) -> Vec<Outcome> {
    let foreign = place.foreign().await;
    foreign.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let mut waiting = Vec::new();
    for unit in units {
        waiting.push(asked(store, unit));
        // Their order is the order in which they were asked for.
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    foreign.execute_unprepared("COMMIT").await.unwrap();
    foreign.close().await.unwrap();
    let mut outcomes = Vec::new();
    for waiting in waiting {
        outcomes.push(waiting.await.unwrap());
    }
    outcomes
}

/// The numbers of the sessions that there are.
async fn sessions(store: &SeaOrmStore) -> Vec<u128> {
    let filter = SessionFilter { subject: None, live_at: None, after: None, limit: 10_000 };
    let sessions = SessionStore::page(store, &filter).await.unwrap();
    sessions.iter().map(|session| session.id.as_uuid().as_u128()).collect()
}

fn conflict(outcome: &Outcome) -> Option<Conflict> {
    if let Err(CommitError::Conflict(conflict)) = outcome { Some(*conflict) } else { None }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_that_wait_together_are_seen_all_at_once() {
    let place = Place::new();
    let store = place.migrated().await;
    let writing = together(&place, &store, (0..40).map(|number| vec![begin(number), record()]).collect());
    let watching = async {
        let reader = place.connect().await;
        loop {
            let seen = sessions(&reader).await.len();
            assert!(matches!(seen, 0 | 40), "{seen} of 40 are seen");
            if seen == 40 {
                assert_eq!(reader.latest().await.unwrap(), 40);
                return;
            }
        }
    };
    let (outcomes, ()) = tokio::join!(writing, watching);
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_fails_leaves_the_others_alone() {
    let place = Place::new();
    let store = place.migrated().await;
    let units = vec![
        vec![begin(1), record()],
        // Each of these has written something when it fails.
        vec![begin(2), record(), end(99)],
        vec![begin(3), record(), begin(1)],
        vec![begin(4), record()],
        vec![end(4), begin(5), end(4)],
        vec![record(), end(1)],
    ];
    let outcomes = together(&place, &store, units).await;
    let conflicts: Vec<Option<Conflict>> = outcomes.iter().map(conflict).collect();
    let stale = Some(Conflict::Stale);
    assert_eq!(conflicts, [None, stale, Some(Conflict::SessionExists), None, stale, None], "{outcomes:?}");
    assert!(outcomes[0].is_ok() && outcomes[3].is_ok() && outcomes[5].is_ok());
    assert_eq!(sessions(&store).await, [1, 4]);
    let is_live = async |number| SessionStore::by_id(&store, id(number)).await.unwrap().unwrap().ended.is_none();
    assert_eq!((is_live(1).await, is_live(4).await), (false, true));
    let messages = MessageLog::page(&store, 0, 9).await.unwrap();
    assert_eq!(messages.iter().map(|message| message.id).collect::<Vec<_>>(), [1, 2, 3], "and no number is skipped");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_units_that_want_the_same_one_has_it() {
    let place = Place::new();
    let store = place.migrated().await;
    let token = LoginToken { digest: DIGEST, user: UserId::from_uuid(Uuid::nil()), issued: NOW, expires: NOW };
    store.commit(vec![Change::AddLoginToken(token)]).await.unwrap();
    let units = (0..30_u128).map(|number| match number % 2 {
        0 => vec![begin(number), Change::SpendLoginToken(DIGEST)],
        _ => vec![begin(number), add_user(number, "ada")],
    });
    let outcomes = together(&place, &store, units.collect()).await;
    let count = |wanted| outcomes.iter().filter(|outcome| conflict(outcome) == wanted).count();
    assert_eq!((count(None), count(Some(Conflict::TokenSpent)), count(Some(Conflict::LoginTaken))), (2, 14, 14));
    assert_eq!(sessions(&store).await, [0, 1], "the first of each kind was first");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_whose_turn_did_not_come_in_time_is_never_written() {
    let place = Place::new();
    place.migrated().await;
    let patience = Duration::from_millis(300);
    let options = ConnectOptions { patience, ..ConnectOptions::default() };
    let store = SeaOrmStore::connect(&place.url(), options).await.unwrap();
    let foreign = place.foreign().await;
    foreign.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let start = Instant::now();
    let waiting: Vec<_> = (0..10).map(|number| asked(&store, vec![begin(number)])).collect();
    for waiting in waiting {
        let late = waiting.await.unwrap();
        assert!(matches!(late, Err(CommitError::Store(StoreError::Unavailable(_)))), "{late:?}");
    }
    let waited = start.elapsed();
    assert!(waited >= patience && waited < 8 * patience, "they wait for their turns together: {waited:?}");
    foreign.execute_unprepared("ROLLBACK").await.unwrap();
    store.commit(vec![begin(10)]).await.unwrap();
    assert_eq!(sessions(&store).await, [10]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_when_the_store_is_closed_is_answered_truly() {
    let place = Place::new();
    let store = place.migrated().await;
    // More than fit into the queue, and into a transaction.
    let waiting: Vec<_> = (0..1500).map(|number| asked(&store, vec![begin(number)])).collect();
    while sessions(&store).await.is_empty() {}
    store.close().await.unwrap();
    let (mut written, mut refused) = (Vec::new(), 0);
    for (number, waiting) in waiting.into_iter().enumerate() {
        match waiting.await.unwrap() {
            Ok(_) => written.push(number as u128),
            Err(CommitError::Store(StoreError::Unavailable(_))) => refused += 1,
            Err(CommitError::Conflict(conflict)) => unreachable!("{conflict}"),
            Err(CommitError::Store(StoreError::Malformed(kind))) => unreachable!("{kind}"),
        }
    }
    assert!(!written.is_empty() && refused > 0, "{} written, {refused} refused", written.len());
    assert_eq!(sessions(&place.connect().await).await, written);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_caller_who_hangs_up_neither_tears_a_unit_nor_harms_another() {
    let place = Place::new();
    let store = place.migrated().await;
    for round in 0..200_u128 {
        // A unit that is not there half.
        let hangs_up = asked(&store, vec![begin(10_000 + 2 * round), record(), begin(10_001 + 2 * round)]);
        let stays = asked(&store, vec![begin(round)]);
        for _ in 0..round % 20 {
            tokio::task::yield_now().await;
        }
        hangs_up.abort();
        stays.await.unwrap().unwrap();
    }
    store.close().await.unwrap();
    let there = sessions(&place.connect().await).await;
    assert_eq!(there.iter().filter(|number| **number < 10_000).count(), 200);
    for pair in there.iter().filter(|number| **number >= 10_000 && **number % 2 == 0) {
        assert!(there.contains(&(pair + 1)), "half of {pair} is there");
    }
    assert_eq!(there.len() % 2, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_that_are_written_together_tell_each_its_own_newest_message() {
    let place = Place::new();
    let store = place.migrated().await;
    let units = [vec![begin(1), record(), record()], vec![record()], vec![begin(2)], vec![begin(1), record()]];
    let outcomes = together(&place, &store, units.into()).await;
    let told: Vec<_> = outcomes.iter().map(|outcome| outcome.as_ref().ok().map(|told| told.newest)).collect();
    assert_eq!(told, [Some(Some(2)), Some(Some(3)), Some(None), None]);
}
