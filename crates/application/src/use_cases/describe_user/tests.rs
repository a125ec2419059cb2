use vestibule_domain::session::Subject;

use super::*;
use crate::{
    api::SessionApi,
    testing::{ALICE, NODE, World, bearer, here, refusal},
};

async fn described(world: &World) -> Result<Outcome, Error> {
    world.service().describe_user(Command { caller: here(), bearer: bearer(5) }).await
}

#[tokio::test]
async fn a_user_is_told_of() {
    let world = World::new().with_row(5, ALICE);
    let user = described(&world).await.unwrap();
    assert_eq!(user, world.state().users[0].user);
}

#[tokio::test]
async fn nobodys_session_has_no_user_and_a_nodes_is_refused() {
    let cases = [
        (World::new(), "UnknownSession"),
        (World::new().with_seal(5), "UnknownSession"),
        (World::new().with_row(5, Subject::Setup), "UnknownSession"),
        (World::new().with_row(5, NODE), "NotAUser"),
    ];
    for (world, expected) in cases {
        assert_eq!(refusal(described(&world).await), expected);
    }
}
