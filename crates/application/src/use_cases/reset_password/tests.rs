use vestibule_domain::{login_token::LoginToken, session::Subject};

use super::*;
use crate::{
    api::AccountApi,
    ports::Conflict,
    testing::{ALICE, MS, NOW, RESET, World, digest, here, password, refusal, secs, token},
};

fn command(byte: u8, new: &str) -> Command {
    Command { caller: here(), token: Some(token(byte)), new_password: password(new) }
}

/// A world in which Alice was issued the reset token 3 and the login token 5, both good for a minute.
fn with_token() -> World {
    let world = World::new();
    let Subject::User(user) = ALICE else { panic!("not a user") };
    let token = |digest| LoginToken { digest, user, issued: NOW, expires: NOW.plus(secs(60)) };
    world.state().login_tokens = vec![token(digest(RESET + 3)), token(digest(5))];
    world
}

async fn refused(world: &World, command: Command) -> String {
    refusal(world.service().reset_password(command).await)
}

#[tokio::test]
async fn the_token_is_spent_and_every_session_ends_in_the_unit_that_sets_the_password() {
    let world = with_token();
    world.state().now = NOW.plus(secs(60)).minus(MS);
    world.service().reset_password(command(3, "k7#qzw")).await.ok().unwrap();
    let expected = [
        "expect user 1 in 3",
        "spend 43",
        "password of user 1: Standard k7#qzw",
        "know here for user 1",
        "end all of user 1: subject_changed",
        "record password_reset: user 1",
    ];
    assert_eq!(world.unit(), expected);
    let journal = world.journal();
    assert_eq!(journal[0], "charge login from here");
    assert!(journal.contains(&"refund login from here".to_owned()));
}

#[tokio::test]
async fn unknown_malformed_expired_and_login_tokens_are_all_charged_and_noted_alike() {
    let expired = with_token();
    expired.state().now = NOW.plus(secs(60));
    let malformed = Command { token: None, ..command(3, "k7#qzw") };
    let cases = [
        (with_token(), command(4, "k7#qzw")),
        (with_token(), command(5, "k7#qzw")),
        (with_token(), command(4, "123456")),
        (with_token(), malformed),
        (expired, command(3, "k7#qzw")),
    ];
    for (world, command) in cases {
        assert_eq!(refused(&world, command).await, "UnknownToken");
        assert_eq!(world.unit(), ["record authentication_failed: nobody"]);
        let journal = world.journal();
        assert!(!journal.iter().any(|entry| entry.starts_with("refund") || entry == "hash"), "{journal:?}");
    }
}

#[tokio::test]
async fn a_password_that_is_too_simple_leaves_the_token_as_it_was() {
    for new in ["k7#qz", "123456", "alice@x.test"] {
        let world = with_token();
        let told = refused(&world, command(3, new)).await;
        assert!(told.starts_with("TooSimple("), "{told}");
        assert!(world.units().is_empty());
    }
}

#[tokio::test]
async fn a_disabled_users_token_is_no_better_than_another() {
    let world = with_token();
    world.state().users[0].user.disabled = true;
    assert_eq!(refused(&world, command(3, "k7#qzw")).await, "UnknownToken");
    assert!(world.units().is_empty());
}

#[tokio::test]
async fn of_two_who_are_equally_fast_one_sets_the_password() {
    for conflict in [Conflict::TokenSpent, Conflict::SubjectChanged] {
        let world = with_token();
        world.meanwhile(conflict, |_| {});
        assert_eq!(refused(&world, command(3, "k7#qzw")).await, "UnknownToken");
        assert_eq!(world.units().len(), 1, "it is not tried again");
    }
}

#[tokio::test]
async fn a_spent_budget_refuses_a_good_token_unlooked_at() {
    let world = with_token();
    world.state().exhausted = true;
    assert_eq!(refused(&world, command(3, "k7#qzw")).await, "Throttled { retry_after: 7s }");
    assert_eq!(world.journal(), ["charge login from here"]);
}
