use vestibule_domain::user::{Birthdate, City, PersonName};

use super::*;
use crate::{
    api::SessionApi,
    ports::{Conflict, SetupState},
    testing::{ALICE, NOW, World, bearer, here, password, refusal, token},
    view::Principal,
};

fn command() -> Command {
    Command {
        caller: here(),
        email: EmailAddress::parse("Carol@x.test").unwrap(),
        password: password("k7#qzw"),
        profile: Profile::default(),
        device: DeviceName::default(),
        current: Current::None,
    }
}

async fn registered(world: &World, command: Command) -> Begun {
    world.service().register(command).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn refused(world: &World, command: Command) -> String {
    refusal(world.service().register(command).await)
}

#[tokio::test]
async fn a_user_and_their_session_come_in_one_unit() {
    let world = World::new();
    let profile = Profile { default_city: City::parse("Kraków").unwrap(), ..Profile::default() };
    let begun = registered(&world, Command { profile: profile.clone(), ..command() }).await;
    let expected = [
        "add user f0: Carol@x.test Carol@x.test Standard k7#qzw",
        "record user_registered: user f0",
        "begin f1 under a0: user f0 in 1, +36000, idle 3600",
        "login of user f0: true",
        "know here for user f0",
        "record session_begun of f1: user f0",
    ];
    assert_eq!(world.unit(), expected);
    assert!(begun.token == token(0xa0) && begun.signed.is_none());
    let Principal::User(user) = begun.view.principal else { panic!("not a user's") };
    assert_eq!((user.login.as_str(), user.profile.clone(), user.created), ("Carol@x.test", profile, NOW));
    assert!(user.roles.is_empty() && !user.disabled && begun.view.rights.is_empty(), "a stranger gets no role");
}

#[tokio::test]
async fn a_registration_is_charged_before_it_costs_anything_and_success_is_not_refunded() {
    let world = World::new();
    registered(&world, command()).await;
    let journal = world.journal();
    assert_eq!(journal[..2], ["charge registration from here", "hash"]);
    assert!(journal.iter().all(|entry| !entry.starts_with("refund")));
}

#[tokio::test]
async fn the_first_user_configures_the_system() {
    let world = World::new();
    world.state().setup = SetupState::Unconfigured;
    world.state().users.clear();
    registered(&world, command()).await;
    assert_eq!(world.unit()[1..3], ["record user_registered: user f0", "record system_configured: user f0"]);
}

#[tokio::test]
async fn the_session_they_came_with_becomes_theirs() {
    let world = World::new().with_seal(6);
    let current = Current::Upgrade { bearer: bearer(6), rotate: false };
    let begun = registered(&world, Command { current, ..command() }).await;
    assert!(begun.token == token(6));
    assert_eq!(world.unit()[2], "begin 6 under 6: user f0 in 1, +36000, idle 3600, sealed +600");

    let somebodys = World::new().with_row(5, ALICE);
    let current = Current::Upgrade { bearer: bearer(5), rotate: false };
    registered(&somebodys, Command { current, ..command() }).await;
    assert_eq!(somebodys.unit()[2], "end 5: replaced", "it is not taken from Alice");
}

/// T003-8.
#[tokio::test]
async fn nobody_is_born_tomorrow() {
    // It is 18 November 2026, 11:06 UTC, and in the far east already the 19th.
    let born = |digits| Profile { birthdate: Birthdate::parse(digits).ok(), ..Profile::default() };
    let world = World::new();
    assert_eq!(refused(&world, Command { profile: born("20112026"), ..command() }).await, "BirthdateInFuture");
    assert!(world.journal().is_empty());
    registered(&world, Command { profile: born("19112026"), ..command() }).await;
}

/// T003-4.
#[tokio::test]
async fn a_password_that_is_short_common_or_the_owners_own_is_too_simple() {
    for simple in ["k7#qz", "123456", "carol@x.test", "WARSZAWA", "Ludmilla"] {
        let world = World::new();
        let profile = Profile { nickname: PersonName::parse("ludmilla").ok(), ..Profile::default() };
        let command = Command { password: password(simple), profile, ..command() };
        assert_eq!(refused(&world, command).await, "PasswordTooSimple", "{simple}");
        assert!(world.journal().iter().all(|entry| entry.starts_with("charge")), "charged, not hashed");
    }
}

/// T003-5.
#[tokio::test]
async fn an_address_is_taken_only_after_the_same_work() {
    for conflict in [Conflict::EmailTaken, Conflict::LoginTaken] {
        let world = World::new();
        world.meanwhile(conflict, |_| {});
        assert_eq!(refused(&world, command()).await, "EmailTaken");
        let journal = world.journal();
        assert_eq!(journal, ["charge registration from here", "hash", "installation", "commit"]);
    }
}

/// T003-6.
#[tokio::test]
async fn who_registers_too_often_waits_and_nothing_is_hashed() {
    let world = World::new();
    world.state().exhausted = true;
    assert_eq!(refused(&world, command()).await, "Throttled { retry_after: 7s }");
    assert_eq!(world.journal(), ["charge registration from here"]);
}

#[tokio::test]
async fn what_could_not_be_hashed_was_no_registration() {
    let world = World::new();
    world.state().busy = Some("hash");
    assert_eq!(refused(&world, command()).await, "Overloaded { retry_after: 7s }");
    assert_eq!(world.journal(), ["charge registration from here", "hash", "refund registration from here"]);
}
