use vestibule_domain::session::{GuardTag, Subject};

use super::*;
use crate::{
    api::SessionApi,
    ports::Conflict,
    testing::{ALICE, BOB, World, bearer, here, key, password, refusal, session, signed, token},
    view::Principal,
};

fn command(typed: &str) -> Command {
    Command {
        caller: here(),
        bearer: bearer(6),
        credentials: Credentials::Password { login: Login::Any(key("alice")), password: password(typed) },
        device: DeviceName::parse("Phone").unwrap(),
        binding: Binding::Free,
        rotate: false,
    }
}

async fn authenticated(world: &World, command: Command) -> Outcome {
    world.service().authenticate_session(command).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn refused(world: &World, command: Command) -> String {
    refusal(world.service().authenticate_session(command).await)
}

#[tokio::test]
async fn the_session_becomes_the_users_under_the_token_it_has() {
    let world = World::new().with_seal(6);
    let outcome = authenticated(&world, command("right")).await;
    assert!(matches!(outcome.view.principal, Principal::User(user) if user.login.as_str() == "alice"));
    assert!(outcome.rotated.is_none());
    let expected = [
        "expect user 1 in 3",
        "begin 6 under 6: user 1 in 1, +36000, idle 3600, sealed +600",
        "login of user 1: true",
        "know here for user 1",
        "record session_authenticated of 6: user 1",
    ];
    assert_eq!(world.unit(), expected);
}

#[tokio::test]
async fn a_device_that_no_row_knows_is_the_one_that_it_is_authenticated_on() {
    for (world, device) in [(World::new().with_seal(6), "Phone"), (World::new().with_row(6, BOB), "Unknown")] {
        assert_eq!(authenticated(&world, command("right")).await.view.session.device.as_str(), device);
    }
}

/// T000-3.
#[tokio::test]
async fn another_user_takes_the_session_over_in_a_new_epoch() {
    let world = World::new().with_row(6, BOB);
    let outcome = authenticated(&world, command("right")).await;
    assert_eq!((outcome.view.session.subject, outcome.view.session.epoch), (ALICE, 2));
    assert!(outcome.view.rights.iter().eq(&crate::testing::rights(["edit"])));
}

#[tokio::test]
async fn a_rotated_session_has_a_new_token_and_the_old_one_is_refused() {
    let world = World::new().with_seal(6);
    let outcome = authenticated(&world, Command { rotate: true, ..command("right") }).await;
    assert!(outcome.rotated == Some(token(0xa0)));
    let unit = world.unit();
    assert_eq!(unit[1], "begin 6 under 6: nobody in 0, +600, sealed +600, ended replaced");
    assert_eq!(unit[2], "begin f0 under a0: user 1 in 1, +36000, idle 3600");
}

#[tokio::test]
async fn whoever_presents_a_signed_token_gets_an_opaque_one() {
    let world = World::new().with_row(5, BOB);
    world.state().claims = Some(crate::testing::claims(&session(5, BOB), BOB));
    let outcome = authenticated(&world, Command { bearer: signed(), ..command("right") }).await;
    assert!(outcome.rotated == Some(token(0xa0)));
}

/// T000-3.
#[tokio::test]
async fn a_session_that_is_unknown_or_another_browsers_is_refused_before_any_credential_is_looked_at() {
    let unknown = World::new();
    assert_eq!(refused(&unknown, command("right")).await, "UnknownSession");
    assert_eq!(unknown.journal(), ["find session"]);
    let guarded = |tag| {
        let world = World::new().with_seal(6);
        world.state().seals[0].1.guard = tag;
        world
    };
    let nine = Some(GuardTag::new(9));
    for (tag, shown) in [(nine, None), (nine, Some(token(8))), (None, None), (None, Some(token(9)))] {
        let world = guarded(tag);
        let command = Command { binding: Binding::Browser(shown), ..command("right") };
        assert_eq!(refused(&world, command).await, "OtherBrowser");
        assert_eq!(world.journal(), ["find session"]);
    }
    let same = Command { binding: Binding::Browser(Some(token(9))), ..command("right") };
    authenticated(&guarded(nine), same).await;
}

#[tokio::test]
async fn a_browser_can_authenticate_its_session_again_after_its_token_was_rotated() {
    let world = World::new().with_seal(6);
    world.state().seals[0].1.guard = Some(GuardTag::new(9));
    let bound = |byte| {
        let binding = Binding::Browser(Some(token(9)));
        Command { bearer: bearer(byte), binding, rotate: true, ..command("right") }
    };
    let first = authenticated(&world, bound(6)).await;
    world.state().rows.push((crate::testing::digest(0xa0), first.view.session));
    authenticated(&world, bound(0xa0)).await;
}

#[tokio::test]
async fn a_failed_attempt_changes_nothing_of_the_session() {
    let world = World::new().with_row(6, BOB);
    assert_eq!(refused(&world, command("wrong")).await, "WrongPassword");
    assert_eq!(world.unit(), ["login of user 1: false", "record authentication_failed: user 1"]);
    let login = Login::Any(key("carol"));
    let credentials = Credentials::Password { login, password: password("right") };
    assert_eq!(refused(&world, Command { credentials, ..command("unused") }).await, "UnknownLogin");
    world.state().users[0].user.disabled = true;
    assert_eq!(refused(&world, command("right")).await, "Disabled");
    world.state().exhausted = true;
    assert_eq!(refused(&world, command("right")).await, "Throttled { retry_after: 7s }");
    world.state().exhausted = false;
    world.state().busy = Some("verify");
    assert_eq!(refused(&world, command("right")).await, "Overloaded { retry_after: 7s }");
    assert!(world.units().iter().flatten().all(|change| !change.contains("session")));
}

#[tokio::test]
async fn a_password_that_changes_while_it_is_checked_is_wrong() {
    let world = World::new().with_seal(6);
    world.meanwhile(Conflict::SubjectChanged, |_| {});
    assert_eq!(refused(&world, command("right")).await, "WrongPassword");
}

#[tokio::test]
async fn a_session_that_ends_while_the_password_is_checked_is_unknown() {
    let world = World::new().with_row(6, BOB);
    world.meanwhile(Conflict::Stale, |state| state.rows.clear());
    assert_eq!(refused(&world, command("right")).await, "UnknownSession");
}

#[tokio::test]
async fn nobodys_credentials_leave_nobodys_session_and_sign_out_somebodys() {
    let nobody = || Command { credentials: Credentials::Nobody, rotate: true, ..command("unused") };
    let anonymous = World::new().with_seal(6);
    let outcome = authenticated(&anonymous, nobody()).await;
    assert!(outcome.view.principal == Principal::Anonymous && outcome.rotated.is_none());
    assert!(anonymous.units().is_empty());

    let bobs = World::new().with_row(6, BOB);
    let outcome = authenticated(&bobs, nobody()).await;
    assert!(outcome.view.session.subject == Subject::Anonymous && outcome.rotated.is_none());
    assert_eq!(bobs.unit()[0], "save 6 of epoch 1: nobody in 2, +1800");

    assert_eq!(refused(&World::new(), nobody()).await, "UnknownSession");
    let elsewhere = Command { binding: Binding::Browser(None), ..nobody() };
    assert_eq!(refused(&bobs, elsewhere).await, "OtherBrowser");
}
