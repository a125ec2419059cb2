use std::collections::BTreeMap;

use vestibule_domain::session::Lifetimes;

use super::*;
use crate::testing::{
    ALICE, BOB, LIFETIMES, NOW, World, bearer, claims, digest, elsewhere, here, refusal, secs, session, signed, token,
};

/// What a session that Alice gets looks like, in words.
const NEW: &str = "begin f0 under a0: user 1 in 1, +36000, idle 3600";
const NOTED: [&str; 2] = ["login of user 1: true", "know here for user 1"];

fn opening(target: Target) -> Opening {
    let spend = Change::SpendLoginToken(digest(1));
    let device = DeviceName::parse("Phone").unwrap();
    Opening {
        caller: here(),
        device,
        subject: ALICE,
        is_backoffice: false,
        target,
        conditions: vec![spend],
        is_noted: false,
    }
}

fn replace(byte: u8) -> Target {
    Target::Current(Current::Replace(bearer(byte)))
}

fn upgrade(bearer: Bearer, rotate: bool) -> Target {
    Target::Current(Current::Upgrade { bearer, rotate })
}

fn this(bearer: Bearer, rotate: bool) -> Target {
    Target::This { bearer, rotate }
}

/// Opens the target for Alice, and tells under which token and with which unit.
async fn opened(world: &World, target: Target) -> (Opened, Vec<String>) {
    let opened = world.openings().open(&opening(target)).await.ok().unwrap();
    (opened, world.unit())
}

/// The same, with a signed token that speaks for Bob's session 5.
fn with_signature(world: World) -> World {
    world.state().claims = Some(claims(&session(5, BOB), BOB));
    world
}

#[tokio::test]
async fn a_new_session_comes_after_its_conditions_in_one_unit() {
    let world = World::new();
    let (opened, unit) = opened(&world, Target::Current(Current::None)).await;
    assert_eq!(unit, ["spend 1", NEW, NOTED[0], NOTED[1], "record session_begun of f0: user 1"]);
    assert!(opened.token == token(0xa0));
    assert_eq!(opened.session.device.as_str(), "Phone");
    assert!(opened.session.is_live(NOW));
    assert_eq!(opened.newest, None, "the store does not say");
}

#[tokio::test]
async fn where_somebody_logs_in_from_is_not_noted_again() {
    let world = World::new();
    let noted = Opening { is_noted: true, ..opening(Target::Current(Current::None)) };
    assert!(world.openings().open(&noted).await.is_ok());
    assert_eq!(world.unit(), ["spend 1", NEW, NOTED[0], "record session_begun of f0: user 1"]);
}

#[tokio::test]
async fn a_replaced_session_ends_in_the_unit_that_begins_the_new_one() {
    let world = World::new().with_row(5, BOB);
    let ending = ["end 5: replaced", "record session_ended:replaced of 5: user 2"];
    for target in [replace(5), upgrade(bearer(5), false), upgrade(bearer(5), true), this(bearer(5), true)] {
        let openings = world.openings();
        let opened = openings.open(&opening(target)).await.ok().unwrap();
        let unit = world.unit();
        assert_eq!(unit[..3], ["spend 1", ending[0], ending[1]]);
        assert!(unit[3].starts_with("begin f"), "{unit:?}");
        assert!(opened.token != token(5));
    }
}

#[tokio::test]
async fn a_replaced_sealed_session_leaves_a_row_that_refuses_its_token() {
    for target in [replace(6), upgrade(bearer(6), true), this(bearer(6), true)] {
        let (opened, unit) = opened(&World::new().with_seal(6), target).await;
        let expected = [
            "spend 1",
            "begin 6 under 6: nobody in 0, +600, sealed +600, ended replaced",
            NEW,
            NOTED[0],
            NOTED[1],
            "record session_begun of f0: user 1",
        ];
        assert_eq!(unit, expected);
        assert!(opened.token == token(0xa0));
    }
}

#[tokio::test]
async fn a_token_that_is_not_accepted_is_ignored_unless_this_session_is_wanted() {
    let world = World::new();
    for target in [replace(9), upgrade(bearer(9), false), upgrade(signed(), false)] {
        let unit = opened(&world, target).await.1;
        assert_eq!((unit.len(), &unit[0][..7], &unit[1][..7]), (5, "spend 1", "begin f"));
    }
    for target in [this(bearer(9), false), this(bearer(9), true), this(signed(), false)] {
        assert_eq!(refusal(world.openings().open(&opening(target)).await), "UnknownSession");
        assert!(world.units().is_empty());
    }
}

#[tokio::test]
async fn a_sealed_session_that_becomes_somebodys_gets_a_row_under_the_token_that_was_presented() {
    for target in [upgrade(bearer(6), false), this(bearer(6), false)] {
        let (opened, unit) = opened(&World::new().with_seal(6), target).await;
        let expected = [
            "spend 1",
            "begin 6 under 6: user 1 in 1, +36000, idle 3600, sealed +600",
            NOTED[0],
            NOTED[1],
            "record session_authenticated of 6: user 1",
        ];
        assert_eq!(unit, expected);
        assert!(opened.token == token(6));
        assert_eq!(opened.session.device.as_str(), "Phone", "its token does not tell the device");
    }
}

#[tokio::test]
async fn a_nobodys_session_that_has_a_row_becomes_somebodys_in_a_new_epoch() {
    for target in [upgrade(bearer(5), false), this(bearer(5), false)] {
        let (opened, unit) = opened(&World::new().with_row(5, Subject::Anonymous), target).await;
        assert_eq!(unit[1], "save 5 of epoch 2: user 1 in 3, +36000, idle 3600");
        assert!(opened.token == token(5));
        assert_eq!(opened.session.device, DeviceName::default());
    }
}

#[tokio::test]
async fn this_session_is_taken_even_from_another_user() {
    let (opened, unit) = opened(&World::new().with_row(5, BOB), this(bearer(5), false)).await;
    assert_eq!(unit[1], "save 5 of epoch 1: user 1 in 2, +36000, idle 3600");
    assert!(opened.token == token(5));
}

#[tokio::test]
async fn whoever_presents_a_signed_token_gets_another_session() {
    for target in [this(signed(), false), upgrade(signed(), false)] {
        let (opened, unit) = opened(&with_signature(World::new().with_row(5, BOB)), target).await;
        assert_eq!(unit[1], "end 5: replaced");
        assert!(opened.token == token(0xa0));
    }
}

#[tokio::test]
async fn a_session_under_a_new_token_is_of_the_same_browser() {
    let world = World::new().with_row(5, BOB);
    world.state().rows[0].1.guard = Some(GuardTag::new(9));
    let (opened, _) = opened(&world, this(bearer(5), true)).await;
    assert_eq!(opened.session.guard, Some(GuardTag::new(9)), "or its browser could not authenticate it again");
}

#[tokio::test]
async fn a_session_lives_as_long_as_the_api_says_through_which_somebody_came_in() {
    let world = World::new().with_row(5, BOB);
    let strict = Lifetimes { idle: secs(5), absolute: secs(50), ..LIFETIMES };
    world.state().lifetimes.by_origin = BTreeMap::from([(elsewhere().origin, strict)]);
    let openings = world.openings();
    for target in [this(bearer(5), false), replace(5)] {
        let through_strict = Opening { caller: elsewhere(), ..opening(target) };
        let session = openings.open(&through_strict).await.ok().unwrap().session;
        assert_eq!((session.idle_ttl, session.expires), (Some(strict.idle), NOW.plus(strict.absolute)));
    }
}

#[tokio::test]
async fn a_session_that_changes_under_our_hands_is_looked_at_again() {
    let world = World::new().with_seal(6);
    // Bob is faster, with the same token.
    world.meanwhile(Conflict::SessionExists, |state| state.rows.push((digest(6), session(6, BOB))));
    world.meanwhile(Conflict::Stale, |state| state.rows.clear());
    world.meanwhile(Conflict::Stale, |state| state.seals.clear());
    let opened = world.openings().open(&opening(upgrade(bearer(6), false))).await.ok().unwrap();
    let decisive: Vec<String> = world.units().iter().map(|unit| unit[1].clone()).collect();
    let expected = [
        "begin 6 under 6: user 1 in 1, +36000, idle 3600, sealed +600",
        "end 6: replaced",
        "begin 6 under 6: user 1 in 1, +36000, idle 3600, sealed +600",
        "begin f1 under a1: user 1 in 1, +36000, idle 3600",
    ];
    assert_eq!(decisive, expected);
    assert!(opened.token == token(0xa1), "the token of a unit that was refused is nobody's");
}

#[tokio::test]
async fn this_session_is_unknown_once_somebody_else_has_ended_it() {
    let world = World::new().with_row(5, BOB);
    world.meanwhile(Conflict::Stale, |state| state.rows.clear());
    let refused = world.openings().open(&opening(this(bearer(5), false))).await;
    assert_eq!((refusal(refused).as_str(), world.units().len()), ("UnknownSession", 1));
}

#[tokio::test]
async fn a_session_that_never_holds_still_is_the_stores_failure() {
    let world = World::new().with_row(5, BOB);
    for _ in 0..ATTEMPTS {
        world.meanwhile(Conflict::Stale, |_| {});
    }
    let refused = refusal(world.openings().open(&opening(this(bearer(5), false))).await);
    assert!(refused.starts_with("Store(Unavailable("), "{refused}");
    assert_eq!(world.units().len(), 8);
}

#[tokio::test]
async fn a_condition_that_does_not_hold_is_not_tried_again() {
    for conflict in [Conflict::SubjectChanged, Conflict::TokenSpent, Conflict::LoginTaken, Conflict::EmailTaken] {
        let world = World::new();
        world.meanwhile(conflict, |_| {});
        let refused = world.openings().open(&opening(Target::Current(Current::None))).await;
        assert_eq!(refusal(refused), format!("Condition({conflict:?})"));
        assert_eq!(world.units().len(), 1);
    }
}
