//! Several processes on one file.

use super::*;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_stores_on_one_file_see_each_others_writes_at_once() {
    let place = Place::new();
    let (one, other) = (place.migrated().await, place.migrated().await);
    for number in 1..=100 {
        let (writer, reader) = if number % 2 == 0 { (&one, &other) } else { (&other, &one) };
        writer.commit(vec![begin(number)]).await.unwrap();
        assert!(SessionStore::by_id(reader, id(number)).await.unwrap().unwrap().ended.is_none());
        reader.commit(vec![end(number)]).await.unwrap();
        assert!(SessionStore::by_id(writer, id(number)).await.unwrap().unwrap().ended.is_some());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_write_at_the_same_time_take_turns() {
    let place = Place::new();
    place.migrated().await.commit(vec![add_user(1, "ada")]).await.unwrap();
    // A unit that reads before it writes, as most do.
    let expect = Change::ExpectUser { user: UserId::from_uuid(Uuid::from_u128(1)), revision: 0 };
    let mut writers = Vec::new();
    for writer in 0..3_u128 {
        let store = Arc::new(place.connect().await);
        for number in 0..40 {
            let store = store.clone();
            let unit = vec![expect.clone(), begin(1000 * writer + number), record()];
            writers.push(tokio::spawn(async move { store.commit(unit).await }));
        }
    }
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    assert_eq!(place.connect().await.latest().await.unwrap(), 120);
}

/// T003-6.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stores_that_race_for_a_login_name_meet_a_conflict_and_no_failure() {
    let place = Place::new();
    let (one, other) = (place.migrated().await, place.migrated().await);
    for round in 0..30_u128 {
        let login = format!("user{round}");
        let (first, second) = (vec![add_user(2 * round, &login)], vec![add_user(2 * round + 1, &login)]);
        let (first, second) = tokio::join!(one.commit(first), other.commit(second));
        let lost = if first.is_ok() { second } else { first.and(second) };
        assert!(matches!(lost, Err(CommitError::Conflict(Conflict::LoginTaken))), "{lost:?}");
    }
    assert_eq!(UserStore::page(&one, None, 100).await.unwrap().len(), 30);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_waits_for_another_programs_write_to_end() {
    let place = Place::new();
    let store = place.migrated().await;
    let foreign = place.foreign().await;
    foreign.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.commit(vec![begin(1)]).await }
    });
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(!waiting.is_finished());
    store.ping().await.unwrap();
    foreign.execute_unprepared("COMMIT").await.unwrap();
    waiting.await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_write_that_waited_too_long_says_that_the_store_is_unavailable() {
    let place = Place::new();
    place.migrated().await;
    let options = ConnectOptions { patience: Duration::from_millis(100), ..ConnectOptions::default() };
    let store = SeaOrmStore::connect(&place.url(), options).await.unwrap();
    let foreign = place.foreign().await;
    foreign.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    let late = store.commit(vec![begin(1)]).await;
    assert!(matches!(late, Err(CommitError::Store(StoreError::Unavailable(_)))), "{late:?}");
    foreign.execute_unprepared("ROLLBACK").await.unwrap();
    store.commit(vec![begin(1)]).await.unwrap();
}
