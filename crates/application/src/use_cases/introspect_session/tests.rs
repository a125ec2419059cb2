use vestibule_domain::session::{EndReason, Ending};

use super::*;
use crate::{
    api::VerificationApi,
    testing::{ALICE, NOW, World, bearer, elsewhere, refusal, role, session, token},
};

fn with_program() -> World {
    World::new().with_row(5, ALICE).with_program(1)
}

fn command() -> Command {
    Command { caller: elsewhere(), api_token: Some(token(1)), client: None, bearer: Some(bearer(5)) }
}

async fn told(world: &World, command: Command) -> Result<Outcome, Error> {
    world.service().introspect_session(command).await
}

fn name(name: &str) -> Option<ClientName> {
    ClientName::parse(name).ok()
}

#[tokio::test]
async fn a_program_is_told_whose_session_it_is_and_the_session_is_seen() {
    let world = with_program();
    assert_eq!(told(&world, command()).await.unwrap().unwrap().session, session(5, ALICE));
    assert!(world.journal().contains(&"saw 5".to_owned()));
}

#[tokio::test]
async fn a_program_without_a_good_token_is_told_nothing_and_the_session_is_not_looked_up() {
    let revoked = with_program();
    revoked.state().clients[0].1.revoked = Some(NOW);
    let expired = with_program();
    expired.state().clients[0].1.expires = Some(NOW);
    for (world, api_token) in [
        (revoked, Some(token(1))),
        (expired, Some(token(1))),
        (with_program(), None),
        (with_program(), Some(token(2))),
        // A session's token is no program's.
        (with_program(), Some(token(5))),
    ] {
        assert_eq!(refusal(told(&world, Command { api_token, ..command() }).await), "UnknownClient");
        assert!(!world.journal().contains(&"find session".to_owned()));
    }
}

#[tokio::test]
async fn a_program_that_says_its_name_must_have_that_name() {
    let world = with_program();
    let own = world.state().clients[0].1.name.clone();
    assert!(told(&world, Command { client: Some(own), ..command() }).await.unwrap().is_some());
    let other = told(&world, Command { client: name("another"), ..command() }).await;
    assert_eq!(refusal(other), "UnknownClient");
}

#[tokio::test]
async fn what_is_no_live_session_is_told_as_nothing() {
    let ended = with_program();
    ended.state().rows[0].1.ended = Some(Ending { at: NOW, reason: EndReason::SignedOut });
    let disabled = with_program();
    disabled.state().users[0].user.disabled = true;
    for world in [ended, disabled] {
        assert!(told(&world, command()).await.unwrap().is_none());
    }
    let anonymous = with_program().with_seal(6);
    for bearer in [None, Some(bearer(6)), Some(bearer(9))] {
        assert!(told(&anonymous, Command { bearer, ..command() }).await.unwrap().is_none());
    }
}

#[tokio::test]
async fn an_admin_of_some_networks_is_none_where_nobody_knows_from_where_they_came() {
    let world = with_program();
    world.state().users[0].user.roles.insert(role("admin"));
    let roles = async |world: &World| {
        let view = told(world, command()).await.unwrap().unwrap();
        view.principal.roles().cloned().collect::<Vec<_>>()
    };
    assert!(roles(&world).await.contains(&role("admin")));
    world.state().lifetimes.backoffice.networks = vec!["192.0.2.0/24".parse().unwrap()];
    assert_eq!(roles(&world).await, [role("editor")], "the program's own address says nothing");
}

#[tokio::test]
async fn a_store_that_fails_says_nothing_about_the_token() {
    for call in 0..5 {
        let world = with_program();
        world.state().fails_at = Some(call);
        assert!(refusal(told(&world, command()).await).starts_with("Store"), "call {call}");
    }
}
