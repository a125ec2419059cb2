use vestibule_domain::{
    rights::{Rights, Role},
    session::{EndReason, Ending, Origin, Subject},
};

use super::*;
use crate::{
    api::{AtHandApi, SessionApi},
    testing::{ALICE, BOB, Hand, NODE, NOW, World, bearer, here, refusal, rights, role, session},
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

/// As a test says it: at hand, and by asking.
async fn both(world: &World) -> (Option<Outcome>, Option<Outcome>) {
    world.state().at_hand = Hand::Everything;
    let at_hand = world.service().described(&Command { caller: here(), bearer: bearer(5) }, None);
    (at_hand, described(world).await.ok())
}

#[tokio::test]
async fn what_is_at_hand_is_told_as_it_would_be_by_asking_and_counts_as_seen() {
    let world = World::new().with_row(5, ALICE);
    let (at_hand, asked) = both(&world).await;
    assert_eq!(at_hand, asked);
    let ours = ["saw 5".to_owned()];
    assert_eq!(world.journal()[..1], ours, "nothing is asked of the store");
    world.state().users[0].user.roles = [role("admin"), role("editor"), role("gone")].into();
    let (at_hand, asked) = both(&world).await;
    assert_eq!((at_hand.clone(), at_hand.unwrap().rights), (asked, rights(["all", "edit"])));
}

#[tokio::test]
async fn nothing_is_at_hand_of_what_has_to_be_asked_or_refused() {
    let without = World::new().with_row(5, ALICE);
    let service = without.service();
    assert_eq!(service.described(&Command { caller: here(), bearer: bearer(5) }, None), None);

    let disabled = World::new().with_row(5, ALICE);
    disabled.state().users[0].user.disabled = true;
    let ended = World::new().with_row(5, ALICE);
    ended.state().rows[0].1.ended = Some(Ending { at: NOW, reason: EndReason::SignedOut });
    let idle = World::new().with_row(5, ALICE);
    let over = session(5, ALICE).over_from();
    idle.state().now = over;
    let elsewheres = World::new().with_row(5, ALICE);
    elsewheres.state().lifetimes.shared = false;
    elsewheres.state().rows[0].1.origin = Origin::built("elsewhere");
    assert_eq!(both(&disabled).await, (None, None));
    for world in [ended, idle, elsewheres] {
        assert_eq!(both(&world).await, (None, None));
        assert!(!world.journal().contains(&"saw 5".to_owned()), "what is not accepted is not seen");
    }
    for subject in [NODE, Subject::Anonymous] {
        let world = World::new().with_row(5, subject);
        let (at_hand, asked) = both(&world).await;
        assert!(at_hand.is_none() && asked.is_some(), "{subject:?} is asked of the store");
    }
}

#[tokio::test]
async fn whoever_has_heard_what_others_wrote_asks_nothing_else() {
    let world = World::new().with_row(5, ALICE);
    let asked = described(&world).await.unwrap();
    world.state().at_hand = Hand::CaughtUp;
    world.state().journal.clear();
    assert_eq!(described(&world).await.unwrap(), asked);
    assert_eq!(world.journal(), ["catch up", "saw 5"]);
    let (service, command) = (world.service(), Command { caller: here(), bearer: bearer(5) });
    assert!(service.described(&command, None).is_none(), "not without waiting");
    let since = service.catch_up().await;
    assert_eq!(service.described(&command, since), Some(asked));

    world.state().rows.clear();
    world.state().journal.clear();
    assert_eq!(refusal(described(&world).await), "UnknownSession");
    assert_eq!(world.journal(), ["catch up", "find session"], "what is not known is asked for");
}
