use super::*;
use crate::{
    api::SessionApi,
    ports::Conflict,
    testing::{ALICE, World, bearer, digest, elsewhere, here, refusal, session},
};

async fn ended(world: &World) -> Result<Outcome, Error> {
    end_session(world, 5).await
}

async fn end_session(world: &World, byte: u8) -> Result<Outcome, Error> {
    world.service().end_session(Command { caller: here(), bearer: bearer(byte) }).await
}

#[tokio::test]
async fn a_session_ends_and_the_log_says_whose_it_was() {
    let world = World::new().with_row(5, ALICE);
    ended(&world).await.unwrap();
    assert_eq!(world.unit(), ["end 5: signed_out", "record session_ended:signed_out of 5: user 1"]);
}

#[tokio::test]
async fn a_sealed_session_gets_a_row_that_refuses_its_token() {
    let world = World::new().with_seal(5);
    ended(&world).await.unwrap();
    assert_eq!(world.unit(), ["begin 5 under 5: nobody in 0, +600, sealed +600, ended signed_out"]);
}

#[tokio::test]
async fn t000_10_ends_that_leave_a_row_are_counted_and_others_not() {
    let sealed = World::new().with_seal(5);
    ended(&sealed).await.unwrap();
    assert_eq!(sealed.journal(), ["find session", "charge ending from here, ending", "commit"]);
    let kept = World::new().with_row(5, ALICE);
    ended(&kept).await.unwrap();
    assert_eq!(kept.journal(), ["find session", "saw 5", "commit"]);
}

#[tokio::test]
async fn t000_10_too_many_ends_that_leave_a_row_are_none() {
    let world = World::new().with_seal(5).with_row(6, ALICE);
    world.state().exhausted = true;
    assert_eq!(refusal(ended(&world).await), "Throttled { retry_after: 7s }");
    assert!(world.units().is_empty());
    let somebodys = end_session(&world, 6).await;
    assert!(somebodys.is_ok(), "what has a row already ends whatever happens");
    let uncountable = World::new().with_seal(5);
    uncountable.state().uncountable = true;
    assert!(refusal(ended(&uncountable).await).starts_with("Store("));
}

#[tokio::test]
async fn an_end_is_charged_once_however_often_it_is_tried() {
    let world = World::new().with_seal(5);
    world.meanwhile(Conflict::SessionExists, |_| {});
    ended(&world).await.unwrap();
    let charges = world.journal().iter().filter(|line| line.starts_with("charge")).count();
    assert_eq!((charges, world.units().len()), (1, 2));
}

#[tokio::test]
async fn what_is_not_accepted_here_is_not_ended() {
    let world = World::new();
    assert_eq!(refusal(ended(&world).await), "UnknownSession");
    assert_eq!(world.journal(), ["find session", "settled"], "whoever ended it may be waiting for others to hear");
    let confined = World::new().with_row(5, ALICE);
    confined.state().lifetimes.shared = false;
    let command = Command { caller: elsewhere(), bearer: bearer(5) };
    assert_eq!(refusal(confined.service().end_session(command).await), "UnknownSession");
    assert!(confined.units().is_empty());
}

#[tokio::test]
async fn a_sealed_session_that_becomes_somebodys_meanwhile_is_ended_all_the_same() {
    let world = World::new().with_seal(5);
    world.meanwhile(Conflict::SessionExists, |state| state.rows.push((digest(5), session(5, ALICE))));
    ended(&world).await.unwrap();
    assert_eq!(world.units()[1][0], "end 5: signed_out");
}

#[tokio::test]
async fn a_session_that_somebody_else_ends_meanwhile_is_unknown() {
    let world = World::new().with_row(5, ALICE);
    world.meanwhile(Conflict::Stale, |state| state.rows.clear());
    assert_eq!(refusal(ended(&world).await), "UnknownSession");
}

#[tokio::test]
async fn an_end_that_could_not_be_written_is_no_end() {
    let restless = World::new().with_row(5, ALICE);
    (0..ATTEMPTS).for_each(|_| restless.meanwhile(Conflict::Stale, |_| {}));
    assert!(refusal(ended(&restless).await).starts_with("Store("));
    assert_eq!(restless.units().len(), 8);
}
