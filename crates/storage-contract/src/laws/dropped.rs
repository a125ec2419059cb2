//! Callers hang up: their futures are dropped wherever these wait. Nobody else may notice.

use std::{
    future::poll_fn,
    pin::pin,
    task::Poll::{Pending, Ready},
    time::Duration,
};

use vestibule_application::change::Change;

use crate::{
    Store,
    fixtures::{digest, digest_of, hash, login_token, session_id, session_of, user, user_id},
};

/// What is dropped: a unit that writes here, there and here again.
fn unit(number: u128) -> Vec<Change> {
    let begin = |number| Change::BeginSession { session: session_of(number, 1), digest: digest_of(session_id(number)) };
    let add = Change::AddUser { user: user(number, &format!("user{number}")), password: hash("a") };
    vec![begin(2 * number), add, begin(2 * number + 1)]
}

async fn is_whole(store: &Store, number: u128) {
    let parts = [
        store.session(session_id(2 * number)).await.is_some(),
        store.user(user_id(number)).await.is_some(),
        store.session(session_id(2 * number + 1)).await.is_some(),
    ];
    // It may still come to be while these are read one by one, but then the later ones are there.
    assert!(parts.is_sorted(), "unit {number} is torn: {parts:?}");
    if parts[2] {
        assert!(store.session(session_id(2 * number)).await.is_some(), "unit {number} lacks its beginning");
    }
}

async fn has_token(store: &Store, number: u8) -> bool {
    store.login_tokens.by_digest(&digest(number)).await.unwrap().is_some()
}

/// Somebody else's unit, which is acknowledged, is there whatever became of others.
async fn another_writes(store: &Store, number: u8) {
    store.does([Change::AddLoginToken(login_token(number, 1))]).await;
    assert!(has_token(store, number).await, "write {number} was acknowledged");
}

/// Polls a future so many times, at least once, and drops it if it is not ready then.
async fn drop_after(polls: u32, future: impl Future) {
    let mut future = pin!(future);
    let mut polled = 0;
    poll_fn(|context| {
        polled += 1;
        if future.as_mut().poll(context).is_ready() || polled >= polls { Ready(()) } else { Pending }
    })
    .await;
}

pub async fn a_dropped_commit_happens_wholly_or_not_at_all(store: Store) {
    const ROUNDS: u8 = 60;
    for round in 1..=ROUNDS {
        let dropped = Duration::from_micros(u64::from(round) * 20);
        let _ = tokio::time::timeout(dropped, store.unit.commit(unit(round.into()))).await;
        another_writes(&store, round).await;
        is_whole(&store, round.into()).await;
    }
}

pub async fn a_commit_dropped_at_any_await_tears_nothing(store: Store) {
    for polls in 1..=40 {
        drop_after(polls, store.unit.commit(unit(polls.into()))).await;
        is_whole(&store, polls.into()).await;
    }
    for number in 1..=40 {
        is_whole(&store, number).await;
    }
}

pub async fn what_was_acknowledged_stays_whatever_is_dropped_around_it(store: Store) {
    for round in 1..=40 {
        drop_after(u32::from(round % 8) + 1, store.unit.commit(unit(round.into()))).await;
        another_writes(&store, round).await;
    }
    for round in 1..=40 {
        assert!(has_token(&store, round).await, "write {round} was acknowledged, and is lost");
    }
}

pub async fn a_dropped_read_answers_nobody_else(store: Store) {
    let sessions = [1, 2, 3].map(|number| session_of(number, number));
    for session in &sessions {
        store.begins(session).await;
    }
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    let [one, two, three] = sessions;
    let (of_one, of_two) = (digest_of(one.id), digest_of(two.id));
    for polls in 1..=12 {
        drop_after(polls, store.sessions.by_digest(&of_one)).await;
        // Whatever the dropped read left behind, it is one of the next few reads that would find it.
        for _ in 0..5 {
            assert_eq!(store.sessions.by_digest(&of_two).await.unwrap().as_ref(), Some(&two));
        }
        drop_after(polls, store.sessions.by_id(one.id)).await;
        for _ in 0..5 {
            assert_eq!(store.session(three.id).await.as_ref(), Some(&three));
            assert_eq!(store.session(session_id(4)).await, None);
        }
        drop_after(polls, store.users.by_id(user_id(1))).await;
        for _ in 0..5 {
            assert_eq!(store.by_login("bob").await, Some(user_id(2)));
        }
    }
}
