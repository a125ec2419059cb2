//! The latch.

use vestibule_application::{
    change::Change,
    ports::{Conflict, SetupState},
};

use crate::{
    Store,
    fixtures::{digest, hash, user, user_id},
};

async fn state(store: &Store) -> SetupState {
    store.installation.state().await.unwrap()
}

pub async fn a_fresh_store_is_not_configured(store: Store) {
    assert_eq!(state(&store).await, SetupState::Unconfigured);
}

pub async fn the_first_user_closes_the_latch(store: Store) {
    store.adds(&user(1, "ada")).await;
    assert_eq!(state(&store).await, SetupState::Configured);
}

pub async fn the_latch_stays_closed_when_the_last_user_is_removed(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.does([Change::RemoveUser { user: user_id(1) }]).await;
    assert_eq!(store.users.page(None, 1).await.unwrap(), []);
    assert_eq!(state(&store).await, SetupState::Configured);
}

pub async fn a_user_who_was_refused_does_not_close_the_latch(store: Store) {
    let add = Change::AddUser { user: user(1, "ada"), password: hash("a") };
    let refused = [add, Change::SpendLoginToken(digest(1))];
    assert_eq!(store.conflict(refused).await, Some(Conflict::TokenSpent));
    assert_eq!(state(&store).await, SetupState::Unconfigured);
}

pub async fn a_store_answers(store: Store) {
    store.health.ping().await.unwrap();
}
