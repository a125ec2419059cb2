use super::*;
use crate::{
    api::SessionApi,
    testing::{World, here},
};

#[tokio::test]
async fn every_disclosure_is_charged_to_the_caller_and_to_everybody_until_that_is_spent() {
    let world = World::new();
    let service = world.service();
    assert_eq!(service.disclose(Command { caller: here() }).await, Outcome::Granted);
    world.state().exhausted = true;
    assert_eq!(service.disclose(Command { caller: here() }).await, Outcome::Withheld);
    world.state().exhausted = false;
    world.state().uncountable = true;
    assert_eq!(service.disclose(Command { caller: here() }).await, Outcome::Withheld, "nobody can count");
    assert_eq!(world.journal(), ["charge disclosure to here, disclosure"; 3], "nothing is given back");
}
