use vestibule_domain::{
    rights::{Rights, Role},
    session::Subject,
};

use super::*;
use crate::{
    api::SessionApi,
    testing::{ALICE, BOB, NODE, World, bearer, here, refusal, rights, role, session},
    view::Principal,
};

async fn described(world: &World) -> Result<Outcome, Error> {
    world.service().describe_session(Command { caller: here(), bearer: bearer(5) }).await
}

/// T001-1.
#[tokio::test]
async fn a_users_session_has_the_rights_of_their_roles_as_they_are_now() {
    let world = World::new().with_row(5, ALICE);
    let view = described(&world).await.unwrap();
    let alice = world.state().users[0].user.clone();
    let principal = Principal::User(Arc::new(alice));
    assert_eq!(
        view,
        SessionView { session: session(5, ALICE), principal, rights: rights(["edit"]), latest_message: 42 }
    );
    assert!(world.journal().contains(&"saw 5".to_owned()));

    world.state().roles[1] = Role { name: role("editor"), rights: rights(["read"]) };
    assert_eq!(described(&world).await.unwrap().rights, rights(["read"]));
    world.state().users[0].user.roles = [role("admin"), role("editor"), role("gone")].into();
    assert_eq!(described(&world).await.unwrap().rights, rights(["all", "read"]));
}

#[tokio::test]
async fn a_session_without_roles_has_no_rights() {
    for subject in [BOB, Subject::Anonymous] {
        let world = World::new().with_row(5, subject);
        assert_eq!(described(&world).await.unwrap().rights, Rights::new());
    }
}

#[tokio::test]
async fn a_nodes_session_has_the_rights_of_nodes() {
    let world = World::new().with_row(5, NODE);
    let view = described(&world).await.unwrap();
    assert_eq!((view.principal, view.rights), (Principal::Node(crate::testing::node().node), rights(["back-up"])));
}

#[tokio::test]
async fn the_session_of_somebody_who_is_gone_or_disabled_is_unknown() {
    let disabled = World::new().with_row(5, ALICE);
    disabled.state().users[0].user.disabled = true;
    let removed = World::new().with_row(5, ALICE);
    removed.state().users.clear();
    let unregistered = World::new().with_row(5, NODE);
    unregistered.state().nodes.clear();
    for world in [disabled, removed, unregistered, World::new()] {
        assert_eq!(refusal(described(&world).await), "UnknownSession");
    }
}
