use super::*;
use crate::{
    api::SessionApi,
    testing::{World, refusal},
};

#[tokio::test]
async fn a_store_that_answers_is_all_it_takes() {
    let world = World::new();
    assert!(world.service().check_status(Command).await.is_ok());
    assert_eq!(world.journal(), ["ping"], "nothing else is read, and nothing written");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_told() {
    let world = World::new();
    world.state().fails_at = Some(0);
    assert!(refusal(world.service().check_status(Command).await).starts_with("Store("));
}
