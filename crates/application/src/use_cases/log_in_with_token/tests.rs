use vestibule_domain::login_token::LoginToken;

use super::*;
use crate::{
    api::SessionApi,
    ports::Conflict,
    testing::{ALICE, BOB, MS, NOW, World, bearer, digest, here, refusal, secs, token},
    view::Principal,
};

fn command(byte: u8) -> Command {
    Command { caller: here(), token: Some(token(byte)), device: DeviceName::default(), current: Current::None }
}

/// A world in which Alice was issued the login token 3 that is good for a minute.
fn with_token() -> World {
    let world = World::new();
    let Subject::User(user) = ALICE else { panic!("not a user") };
    let token = LoginToken { digest: digest(3), user, issued: NOW, expires: NOW.plus(secs(60)) };
    world.state().login_tokens.push(token);
    world
}

async fn refused(world: &World, command: Command) -> String {
    refusal(world.service().log_in_with_token(command).await)
}

/// T004-1.
#[tokio::test]
async fn a_login_token_is_spent_in_the_unit_that_begins_the_session() {
    let world = with_token();
    world.state().now = NOW.plus(secs(60)).minus(MS);
    let begun = world.service().log_in_with_token(command(3)).await.ok().unwrap();
    assert!(matches!(begun.view.principal, Principal::User(user) if user.login.as_str() == "alice"));
    assert!(begun.token == token(0xa0));
    let unit = world.unit();
    assert_eq!(unit[..2], ["expect user 1 in 3", "spend 3"]);
    assert!(unit[2].starts_with("begin f0 under a0: user 1 in 1"), "{unit:?}");
    let journal = world.journal();
    assert_eq!(journal[0], "charge login from here");
    assert!(journal.contains(&"refund login from here".to_owned()));
}

#[tokio::test]
async fn the_session_they_came_with_ends_in_that_unit() {
    let world = with_token().with_row(5, BOB);
    let command = Command { current: Current::Replace(bearer(5)), ..command(3) };
    world.service().log_in_with_token(command).await.ok().unwrap();
    assert_eq!(world.unit()[2], "end 5: replaced");
}

#[tokio::test]
async fn unknown_malformed_and_expired_tokens_are_all_charged_and_noted_alike() {
    let expired = with_token();
    expired.state().now = NOW.plus(secs(60));
    let orphaned = with_token();
    orphaned.state().users.clear();
    let malformed = Command { token: None, ..command(3) };
    let cases = [(with_token(), command(4)), (with_token(), malformed), (expired, command(3)), (orphaned, command(3))];
    for (world, command) in cases {
        assert_eq!(refused(&world, command).await, "UnknownToken");
        assert_eq!(world.unit(), ["record authentication_failed: nobody"]);
        let journal = world.journal();
        assert_eq!(journal[0], "charge login from here");
        assert!(!journal.contains(&"refund login from here".to_owned()));
    }
}

#[tokio::test]
async fn a_disabled_users_token_stays_unspent_and_was_no_guess() {
    let world = with_token();
    world.state().users[0].user.disabled = true;
    assert_eq!(refused(&world, command(3)).await, "Disabled");
    assert!(world.units().is_empty());
    assert_eq!(world.journal().pop().as_deref(), Some("refund login from here"));
}

#[tokio::test]
async fn a_store_that_fails_spends_nobodys_budget() {
    for call in 0..3 {
        let world = with_token();
        world.state().fails_at = Some(call);
        assert!(refused(&world, command(3)).await.starts_with("Store("));
        assert!(world.journal().contains(&"refund login from here".to_owned()), "call {call}");
    }
}

/// T004-1.
#[tokio::test]
async fn of_two_who_are_equally_fast_one_comes_in() {
    for conflict in [Conflict::TokenSpent, Conflict::SubjectChanged] {
        let world = with_token();
        world.meanwhile(conflict, |_| {});
        assert_eq!(refused(&world, command(3)).await, "UnknownToken");
        assert_eq!(world.units().len(), 1, "it is not tried again");
    }
}

#[tokio::test]
async fn a_spent_budget_refuses_a_good_token_unlooked_at() {
    let world = with_token();
    world.state().exhausted = true;
    assert_eq!(refused(&world, command(3)).await, "Throttled { retry_after: 7s }");
    assert_eq!(world.journal(), ["charge login from here"]);
}
