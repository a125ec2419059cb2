use super::*;
use crate::{
    api::SessionApi,
    ports::{Conflict, SetupState},
    testing::{ALICE, World, bearer, here, refusal, seal, session, signed},
    view::Principal,
};

async fn signed_out(world: &World, byte: u8) -> Result<SessionView, Error> {
    let outcome = world.service().sign_out(Command { caller: here(), bearer: bearer(byte) }).await?;
    assert!(outcome.replacement.is_none(), "the token stays");
    Ok(outcome.view)
}

#[tokio::test]
async fn a_session_becomes_nobodys_in_a_new_epoch_under_its_token() {
    let world = World::new().with_row(5, ALICE);
    let view = signed_out(&world, 5).await.unwrap();
    assert_eq!((view.principal, view.rights.len()), (Principal::Anonymous, 0));
    assert_eq!((view.session.subject, view.session.epoch), (Subject::Anonymous, 2));
    assert_eq!(world.unit(), ["save 5 of epoch 1: nobody in 2, +1800", "record session_signed_out of 5: user 1"]);
}

#[tokio::test]
async fn a_signed_token_ends_its_session_and_gets_an_anonymous_one_in_its_place() {
    let world = World::new().with_row(5, ALICE);
    world.state().claims = Some(crate::testing::claims(&session(5, ALICE), ALICE));
    let outcome = world.service().sign_out(Command { caller: here(), bearer: signed() }).await.ok().unwrap();
    assert_eq!((outcome.view.principal, outcome.view.session.epoch), (Principal::Anonymous, 0));
    assert!(outcome.replacement.is_some(), "under a token of its own");
    assert_eq!(world.unit(), ["end 5: signed_out", "record session_ended:signed_out of 5: user 1"]);
}

#[tokio::test]
async fn nobodys_session_stays_as_it_is_and_nothing_is_written() {
    for world in [World::new().with_seal(5), World::new().with_row(5, Subject::Anonymous)] {
        let view = signed_out(&world, 5).await.unwrap();
        assert_eq!(view.principal, Principal::Anonymous);
        assert!(world.units().is_empty());
    }
}

#[tokio::test]
async fn a_grant_for_setting_up_is_given_back_for_good() {
    let world = World::new();
    world.state().setup = SetupState::Unconfigured;
    world.state().seals.push((6, crate::ports::Seal { setup: true, ..seal() }));
    let view = signed_out(&world, 6).await.unwrap();
    assert_eq!((view.principal, view.rights.len()), (Principal::Anonymous, 0));
    assert_eq!(
        world.unit(),
        ["begin 6 under 6: nobody in 1, +1800, sealed +600", "record session_signed_out of 6: setup"]
    );
}

#[tokio::test]
async fn a_session_that_changes_meanwhile_is_looked_at_again() {
    let world = World::new().with_row(5, ALICE);
    world.meanwhile(Conflict::Stale, |state| state.rows[0].1.epoch = 7);
    signed_out(&world, 5).await.unwrap();
    assert_eq!(world.units()[1][0], "save 5 of epoch 7: nobody in 8, +1800");

    let ended = World::new().with_row(5, ALICE);
    ended.meanwhile(Conflict::Stale, |state| state.rows.clear());
    assert_eq!(refusal(signed_out(&ended, 5).await), "UnknownSession");

    let restless = World::new().with_row(5, ALICE);
    (0..ATTEMPTS).for_each(|_| restless.meanwhile(Conflict::Stale, |_| {}));
    assert!(refusal(signed_out(&restless, 5).await).starts_with("Store("));
}

#[tokio::test]
async fn a_token_that_is_not_accepted_signs_nobody_out() {
    assert_eq!(refusal(signed_out(&World::new(), 5).await), "UnknownSession");
}
