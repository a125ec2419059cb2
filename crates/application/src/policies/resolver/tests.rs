use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;
use vestibule_domain::session::{Claims, EndReason, Ending, GuardTag, Lifetimes};

use super::{super::setup::SetupGrants, *};
use crate::testing::{
    ALICE, LIFETIMES, MS, NODE, NOW, World, bearer, claims, digest, elsewhere, here, refusal, seal, secs, session,
    session_id, signed,
};

async fn resolved(world: &World, bearer: Bearer) -> Option<Resolved> {
    world.resolver().resolve(&bearer, &here().origin).await.unwrap()
}

/// A world in which a signed token speaks for Alice's session 5.
fn with_signature() -> World {
    let world = World::new().with_row(5, ALICE);
    world.state().claims = Some(claims(&session(5, ALICE), ALICE));
    world
}

#[tokio::test]
async fn the_token_of_a_live_row_is_accepted_and_its_session_seen() {
    let world = World::new().with_row(5, ALICE);
    let found = resolved(&world, bearer(5)).await;
    assert_eq!(found, Some(Resolved { session: session(5, ALICE), kept: Kept::Row }));
    assert_eq!(world.journal(), ["find session", "saw 5"]);
}

#[tokio::test]
async fn a_token_without_row_or_seal_is_nobodys() {
    let world = World::new().with_row(5, ALICE).with_seal(6);
    assert_eq!(resolved(&world, bearer(7)).await, None);
    assert_eq!(world.journal(), ["find session"], "what is not accepted is not seen");
}

#[tokio::test]
async fn a_sealed_token_is_an_anonymous_session_of_which_nothing_is_noted() {
    let world = World::new().with_seal(6);
    world.state().seals[0].1.guard = Some(GuardTag::new(9));
    let Resolved { session, kept } = resolved(&world, bearer(6)).await.unwrap();
    assert_eq!((session.id, session.subject, session.epoch), (session_id(6), Subject::Anonymous, 0));
    assert_eq!((session.begun, session.expires), (NOW.minus(secs(1200)), NOW.plus(secs(600))));
    assert_eq!((session.sealed_until, session.guard), (Some(session.expires), Some(GuardTag::new(9))));
    assert_eq!(kept, Kept::Seal(digest(6)));
    assert_eq!(world.journal(), ["find session"]);
}

#[tokio::test]
async fn a_row_says_what_became_of_a_sealed_session() {
    let world = World::new().with_row(6, ALICE).with_seal(6);
    assert_eq!(resolved(&world, bearer(6)).await.unwrap().session.subject, ALICE);
    world.state().rows[0].1.ended = Some(Ending { at: NOW, reason: EndReason::SignedOut });
    assert_eq!(resolved(&world, bearer(6)).await, None, "it does not come back as an anonymous one");
}

#[tokio::test]
async fn a_seal_is_worth_nothing_from_its_expiry_on_or_when_none_can_last_so_long() {
    let skew = Resolver::CLOCK_SKEW;
    let short = Lifetimes { anonymous: secs(60), ..LIFETIMES };
    let cases = [
        // How long sessions live, whether it is for setting up, and the last expiry that is plausible.
        (LIFETIMES, false, NOW.plus(LIFETIMES.anonymous).plus(skew)),
        (LIFETIMES, true, NOW.plus(SetupGrants::TTL).plus(skew)),
        (short, false, NOW.plus(short.anonymous).plus(skew)),
        (short, true, NOW.plus(short.anonymous).plus(skew)),
    ];
    for (lifetimes, setup, last) in cases {
        let world = World::new();
        world.state().lifetimes.by_origin = BTreeMap::from([(here().origin, lifetimes)]);
        for (expires, accepted) in [(NOW, false), (NOW.plus(MS), true), (last, true), (last.plus(MS), false)] {
            world.state().seals = vec![(6, Seal { expires, setup, ..seal() })];
            let found = resolved(&world, bearer(6)).await;
            assert_eq!(found.is_some(), accepted, "{setup} {}", expires.since(NOW).as_millis());
        }
    }
}

#[tokio::test]
async fn of_several_readings_of_a_seal_the_one_that_can_be_true_is_taken() {
    let readings = [NOW, NOW.plus(secs(99_999_999)), NOW.plus(secs(60)), NOW.minus(secs(1))];
    for turn in 0..readings.len() {
        let world = World::new();
        let mut readings = readings.map(|expires| (6, Seal { expires, ..seal() })).to_vec();
        readings.rotate_left(turn);
        world.state().seals = readings;
        assert_eq!(resolved(&world, bearer(6)).await.unwrap().session.expires, NOW.plus(secs(60)));
    }
}

#[tokio::test]
async fn a_session_for_setting_up_began_when_it_was_sealed() {
    let world = World::new();
    let expires = NOW.plus(SetupGrants::TTL);
    world.state().seals = vec![(6, Seal { expires, setup: true, ..seal() })];
    let session = resolved(&world, bearer(6)).await.unwrap().session;
    assert_eq!((session.subject, session.begun), (Subject::Setup, NOW));
}

#[tokio::test]
async fn a_signed_token_is_worth_what_its_session_is_worth() {
    let world = with_signature();
    assert_eq!(resolved(&world, signed()).await.unwrap().session, session(5, ALICE));
    assert_eq!(world.journal(), ["find session", "saw 5"]);
    world.state().rows[0].1.ended = Some(Ending { at: NOW, reason: EndReason::Revoked });
    assert_eq!(resolved(&world, signed()).await, None);
    world.state().rows.clear();
    assert_eq!(resolved(&world, signed()).await, None);

    let node = World::new().with_row(5, NODE);
    node.state().claims = Some(claims(&session(5, NODE), NODE));
    assert!(resolved(&node, signed()).await.is_some());
}

#[tokio::test]
async fn a_signed_token_that_is_not_for_this_session_as_it_is_now_is_refused() {
    let good = claims(&session(5, ALICE), ALICE);
    let refused = [
        ("forged", None),
        ("over", Some(Claims { expires: NOW, ..good.clone() })),
        ("of an earlier epoch", Some(Claims { epoch: 0, ..good.clone() })),
        ("of a later epoch", Some(Claims { epoch: 2, ..good.clone() })),
        ("another user's", Some(Claims { subject: Uuid::from_u128(2), ..good.clone() })),
        ("another session's", Some(Claims { session: session_id(6), ..good })),
    ];
    for (which, claims) in refused {
        let world = with_signature();
        world.state().claims = claims;
        assert_eq!(resolved(&world, signed()).await, None, "{which}");
    }
    for nobodys in [Subject::Anonymous, Subject::Setup] {
        let world = World::new().with_row(5, nobodys);
        world.state().claims = Some(claims(&session(5, nobodys), nobodys));
        assert_eq!(resolved(&world, signed()).await, None, "{nobodys:?}");
    }
}

#[tokio::test]
async fn sessions_stay_with_their_api_unless_they_are_shared() {
    for shared in [true, false] {
        let world = with_signature().with_seal(6);
        world.state().lifetimes.shared = shared;
        let resolver = world.resolver();
        for bearer in [bearer(5), bearer(6), signed()] {
            assert!(resolver.resolve(&bearer, &here().origin).await.unwrap().is_some());
            assert_eq!(resolver.resolve(&bearer, &elsewhere().origin).await.unwrap().is_some(), shared);
        }
        let seen = world.journal().iter().filter(|entry| *entry == "saw 5").count();
        assert_eq!(seen, if shared { 4 } else { 2 });
    }
}

#[tokio::test]
async fn a_store_that_fails_is_no_missing_session() {
    for bearer in [bearer(6), signed()] {
        let world = with_signature().with_seal(6);
        world.state().fails_at = Some(0);
        assert!(refusal(world.resolver().resolve(&bearer, &here().origin).await).starts_with("Unavailable"));
    }
}

prop_compose! {
    /// Any session at all, expiries and all, around [`NOW`].
    fn any_session()(
        subject in prop::sample::select(vec![ALICE, NODE, Subject::Anonymous, Subject::Setup]),
        seen in -5_i64..5, expires in -5_i64..5, idle in prop::option::of(0_u64..9), epoch in 0_u32..3,
        ended in prop::option::of((-5_i64..5, prop::sample::select(EndReason::ALL.to_vec()))),
    ) -> Session {
        let at = |offset| Timestamp::from_millis(NOW.as_millis() + offset);
        Session {
            subject,
            last_seen: at(seen),
            expires: at(expires),
            idle_ttl: idle.map(Duration::from_millis),
            epoch,
            ended: ended.map(|(offset, reason)| Ending { at: at(offset), reason }),
            ..session(5, subject)
        }
    }
}

proptest! {
    #[test]
    fn a_session_is_accepted_exactly_while_it_is_live(session in any_session(), later in -9_i64..9) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let world = World::new().with_seal(5);
        let now = Timestamp::from_millis(NOW.as_millis() + later);
        let mut claims = claims(&session, session.subject);
        claims.expires = NOW.plus(secs(1));
        {
            let mut state = world.state();
            state.now = now;
            state.rows = vec![(digest(5), session.clone())];
            state.claims = Some(claims);
        }
        let expected = session.is_live(now).then(|| Resolved { session: session.clone(), kept: Kept::Row });
        prop_assert_eq!(runtime.block_on(resolved(&world, bearer(5))), expected.clone());
        prop_assert_eq!(world.journal().contains(&"saw 5".to_owned()), expected.is_some());
        let signed_for = matches!(session.subject, Subject::User(_) | Subject::Node(_));
        prop_assert_eq!(runtime.block_on(resolved(&world, signed())), expected.filter(|_| signed_for));
    }
}
