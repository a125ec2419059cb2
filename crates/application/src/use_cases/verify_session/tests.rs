use std::net::IpAddr;

use vestibule_domain::session::{EndReason, Ending, Subject};

use super::*;
use crate::{
    api::{Caller, SessionApi, VerificationApi},
    testing::{
        ALICE, BOB, LIFETIMES, NODE, NOW, World, address, bearer, claims, elsewhere, here, refusal, rights, role, secs,
        session, session_id, signed,
    },
    use_cases::describe_session,
    view::Principal,
};

fn command() -> Command {
    Command { caller: elsewhere(), bearer: bearer(5), assertion: None }
}

async fn verified(world: &World, command: Command) -> Result<SessionView, Error> {
    world.service().verify_session(command).await.map(|outcome| outcome.view)
}

async fn refused(world: &World) -> String {
    refusal(verified(world, command()).await)
}

#[tokio::test]
async fn a_users_session_is_told_with_the_rights_of_their_roles() {
    let world = World::new().with_row(5, ALICE);
    let view = verified(&world, command()).await.unwrap();
    let alice = world.state().users[0].user.clone();
    assert_eq!((view.session, view.principal), (session(5, ALICE), Principal::User(Arc::new(alice))));
    assert_eq!(view.rights, rights(["edit"]));
}

#[tokio::test]
async fn it_asks_of_the_stores_what_any_read_of_a_session_asks_and_the_session_is_seen() {
    let world = World::new().with_row(5, ALICE);
    verified(&world, command()).await.unwrap();
    let asked = world.journal();
    let described = describe_session::Command { caller: here(), bearer: bearer(5) };
    world.service().describe_session(described).await.unwrap();
    assert_eq!(asked, world.journal());
    assert!(asked.contains(&"saw 5".to_owned()), "{asked:?}");
}

#[tokio::test]
async fn a_nodes_session_is_told_too() {
    let world = World::new().with_row(5, NODE);
    let view = verified(&world, command()).await.unwrap();
    assert_eq!(view.principal, Principal::Node(crate::testing::node().node));
}

#[tokio::test]
async fn a_signed_token_is_worth_what_its_session_is_worth() {
    let world = World::new().with_row(5, ALICE);
    world.state().claims = Some(claims(&session(5, ALICE), ALICE));
    let by_signature = || Command { bearer: signed(), ..command() };
    assert_eq!(verified(&world, by_signature()).await.unwrap().session.id, session_id(5));
    world.state().rows[0].1.ended = Some(Ending { at: NOW, reason: EndReason::Revoked });
    assert_eq!(refusal(verified(&world, by_signature()).await), "UnknownSession");
}

#[tokio::test]
async fn sessions_that_apis_keep_to_themselves_are_told_to_other_services() {
    let world = World::new().with_row(5, ALICE);
    world.state().lifetimes.shared = false;
    assert_eq!(verified(&world, command()).await.unwrap().session.id, session_id(5));
}

#[tokio::test]
async fn an_ended_an_expired_and_an_unknown_session_are_none() {
    let ended = World::new().with_row(5, ALICE);
    ended.state().rows[0].1.ended = Some(Ending { at: NOW, reason: EndReason::SignedOut });
    let idle = World::new().with_row(5, ALICE);
    idle.state().now = NOW.plus(LIFETIMES.idle);
    let over = World::new().with_row(5, ALICE);
    over.state().rows[0].1.expires = NOW;
    for world in [ended, idle, over, World::new()] {
        assert_eq!(refused(&world).await, "UnknownSession");
        assert!(!world.journal().contains(&"saw 5".to_owned()), "and is not seen");
    }
}

#[tokio::test]
async fn the_session_of_somebody_who_is_gone_or_disabled_is_none() {
    let disabled = World::new().with_row(5, ALICE);
    disabled.state().users[0].user.disabled = true;
    let removed = World::new().with_row(5, ALICE);
    removed.state().users.clear();
    let unregistered = World::new().with_row(5, NODE);
    unregistered.state().nodes.clear();
    for world in [disabled, removed, unregistered] {
        assert_eq!(refused(&world).await, "UnknownSession");
    }
}

#[tokio::test]
async fn a_session_that_is_nobodys_is_none() {
    let sealed = World::new().with_seal(5);
    let signed_out = World::new().with_row(5, Subject::Anonymous);
    // Even while it is that of whoever sets the system up, who may do everything here.
    let unconfigured = World::new().with_seal(5);
    unconfigured.state().setup = crate::ports::SetupState::Unconfigured;
    unconfigured.state().seals[0].1.setup = true;
    for world in [sealed, signed_out, unconfigured] {
        assert_eq!(refused(&world).await, "UnknownSession");
    }
}

#[tokio::test]
async fn an_admin_is_one_only_from_where_they_may_be() {
    let world = World::new().with_row(5, ALICE);
    world.state().users[0].user.roles.insert(role("admin"));
    world.state().lifetimes.backoffice.networks = vec!["10.0.0.0/8".parse().unwrap()];
    let is_admin_from = async |address: IpAddr| {
        let caller = Caller { address, ..elsewhere() };
        let view = verified(&world, Command { caller, ..command() }).await.unwrap();
        view.principal.roles().any(|given| *given == role("admin"))
    };
    assert!(is_admin_from(IpAddr::from([10, 0, 0, 1])).await);
    assert!(!is_admin_from(address()).await);
}

#[tokio::test]
async fn a_store_that_fails_says_nothing_about_the_session() {
    for call in 0..4 {
        let world = World::new().with_row(5, ALICE);
        world.state().fails_at = Some(call);
        assert!(refused(&world).await.starts_with("Store"), "call {call}");
    }
}

#[tokio::test]
async fn nothing_is_signed_unless_it_is_wanted() {
    let world = World::new().with_row(5, BOB);
    let outcome = world.service().verify_session(command()).await;
    assert!(outcome.is_ok_and(|outcome| outcome.assertion.is_none()));
    assert!(world.state().asserted.is_empty());
}

#[tokio::test]
async fn an_assertion_is_good_for_its_lifetime_or_until_the_session_could_be_over() {
    let world = World::new().with_row(5, ALICE);
    for (lifetime, until) in [(secs(60), NOW.plus(secs(60))), (LIFETIMES.absolute, NOW.plus(LIFETIMES.idle))] {
        let outcome = world.service().verify_session(Command { assertion: Some(lifetime), ..command() }).await;
        let assertion = outcome.ok().and_then(|outcome| outcome.assertion);
        assert_eq!(assertion.as_ref().map(SignedToken::expose), Some("asserted.by.us"));
        assert_eq!(world.state().asserted.pop(), Some((session_id(5), NOW, until)));
    }
}
