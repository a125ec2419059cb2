use vestibule_domain::{
    node::{NodeName, NodeRef},
    secret::PasswordHash,
};

use super::*;
use crate::{
    api::SessionApi,
    policies::backoffice::Backoffice,
    ports::Conflict,
    testing::{
        ALICE, BOB, LIFETIMES, NODE, NOW, World, bearer, here, key, password, refusal, role, secs, session_id, token,
    },
};

fn command(name: &str, typed: &str) -> Command {
    Command {
        caller: here(),
        login: Login::Name(key(name)),
        password: password(typed),
        device: DeviceName::parse("Phone").unwrap(),
        needs: None,
        current: Current::None,
        signed: false,
    }
}

fn node() -> Command {
    let login = Login::Node(NodeRef::Name(NodeName::parse("backup").unwrap()));
    Command { login, ..command("unused", "secret") }
}

async fn logged_in(world: &World, command: Command) -> Begun {
    world.service().log_in(command).await.unwrap_or_else(|error| panic!("{error}"))
}

async fn refused(world: &World, command: Command) -> String {
    refusal(world.service().log_in(command).await)
}

#[tokio::test]
async fn whoever_has_the_password_gets_a_session_in_one_unit_with_what_must_hold() {
    let world = World::new();
    world.state().users[0].password = Some(PasswordHash::new("old:right"));
    let begun = logged_in(&world, command("alice", "right")).await;
    assert!(begun.token == token(0xa0) && begun.signed.is_none());
    assert!(matches!(begun.view.principal, Principal::User(user) if user.login.as_str() == "alice"));
    assert_eq!((begun.view.session.subject, begun.view.session.device.as_str()), (ALICE, "Phone"));
    let expected = [
        "expect user 1 in 3",
        "hash of user 1: Standard right",
        "begin f0 under a0: user 1 in 1, +36000, idle 3600",
        "login of user 1: true",
        "know here for user 1",
        "record session_begun of f0: user 1",
    ];
    assert_eq!(world.unit(), expected);
}

#[tokio::test]
async fn the_store_is_asked_for_its_newest_message_only_if_it_did_not_tell() {
    for (told, answered, asked) in [(Some(7), 7, 0), (None, 42, 1)] {
        let world = World::new();
        world.state().told = told;
        assert_eq!(logged_in(&world, command("alice", "right")).await.view.latest_message, answered);
        let state = world.state();
        assert_eq!(state.journal.iter().filter(|entry| entry.contains("latest message")).count(), asked);
    }
}

#[tokio::test]
async fn the_session_they_came_with_ends_in_that_unit() {
    let world = World::new().with_row(5, BOB);
    logged_in(&world, Command { current: Current::Replace(bearer(5)), ..command("alice", "right") }).await;
    assert_eq!(world.unit()[..2], ["expect user 1 in 3", "end 5: replaced"]);
}

#[tokio::test]
async fn a_node_gets_a_session_of_its_own() {
    let world = World::new();
    let begun = logged_in(&world, node()).await;
    assert_eq!(begun.view.session.subject, NODE);
    assert_eq!(world.unit()[..2], ["expect node 7 in 4", "begin f0 under a0: node 7 in 1, +36000, idle 3600"]);
}

#[tokio::test]
async fn nobody_else_gets_one() {
    let world = World::new().with_row(5, BOB);
    let current = || Current::Replace(bearer(5));
    let with = |name, typed| Command { current: current(), ..command(name, typed) };
    assert_eq!(refused(&world, with("carol", "right")).await, "UnknownLogin");
    assert_eq!(refused(&world, with("alice", "wrong")).await, "WrongPassword");
    assert_eq!(refused(&world, Command { password: password("wrong"), ..node() }).await, "WrongPassword");
    world.state().users[0].user.disabled = true;
    assert_eq!(refused(&world, with("alice", "right")).await, "Disabled");
    world.state().busy = Some("verify");
    assert_eq!(refused(&world, with("bob", "right")).await, "Overloaded { retry_after: 7s }");
    world.state().exhausted = true;
    assert_eq!(refused(&world, with("bob", "right")).await, "Throttled { retry_after: 7s }");
    let written: Vec<String> = world.units().concat();
    assert!(written.iter().all(|change| !change.contains("session") && !change.contains("end")), "{written:?}");
}

#[tokio::test]
async fn without_the_role_that_was_asked_for_there_is_no_session() {
    let admins = |command| Command { needs: Some(RoleName::admin()), ..command };
    let world = World::new();
    assert_eq!(refused(&world, admins(command("alice", "right"))).await, "LacksRole");
    assert_eq!(refused(&world, admins(node())).await, "LacksRole", "whatever the node may do");
    assert!(world.units().is_empty());
    assert_eq!(refused(&world, admins(command("alice", "wrong"))).await, "WrongPassword");
    world.state().users[0].user.roles.insert(RoleName::admin());
    logged_in(&world, admins(command("alice", "right"))).await;
}

#[tokio::test]
async fn a_password_or_secret_that_changes_while_it_is_checked_is_wrong() {
    for command in [command("alice", "right"), node()] {
        let world = World::new();
        world.meanwhile(Conflict::SubjectChanged, |_| {});
        assert_eq!(refused(&world, command).await, "WrongPassword");
    }
}

#[tokio::test]
async fn a_signed_token_says_whose_the_session_is_and_whether_of_the_back_office() {
    let world = World::new();
    let signed = |command| Command { signed: true, ..command };
    let begun = logged_in(&world, signed(command("alice", "right"))).await;
    assert_eq!(begun.signed.map(|token| token.expose().to_owned()).as_deref(), Some("signed.by.us"));
    let expected = Claims {
        subject: uuid::Uuid::from_u128(1),
        session: session_id(0xf0),
        epoch: 1,
        issued: NOW,
        expires: NOW.plus(LIFETIMES.absolute),
        scope: Vec::new(),
    };
    assert_eq!(world.state().signed, [expected]);

    world.state().users[0].user.roles = [RoleName::admin(), role("editor")].into();
    logged_in(&world, signed(command("alice", "right"))).await;
    assert_eq!(world.state().signed[1].scope, ["backoffice"]);

    logged_in(&world, signed(node())).await;
    let signed = world.state().signed.remove(2);
    assert_eq!((signed.subject.as_u128(), signed.scope.len()), (7, 0));
}

fn backoffice(networks: &[&str]) -> Backoffice {
    let networks = networks.iter().map(|net| net.parse().unwrap()).collect();
    Backoffice { idle: Some(secs(7)), absolute: Some(secs(70)), networks }
}

#[tokio::test]
async fn t001_1_an_admins_session_has_the_shorter_life() {
    let world = World::new();
    world.state().lifetimes.backoffice = backoffice(&[]);
    let life = async |login: &str| {
        let begun = logged_in(&world, command(login, "right")).await;
        (begun.view.session.idle_ttl.unwrap(), begun.view.session.expires.since(NOW))
    };
    assert_eq!(life("bob").await, (LIFETIMES.idle, LIFETIMES.absolute));
    world.state().users[1].user.roles.insert(RoleName::admin());
    assert_eq!(life("bob").await, (secs(7), secs(70)));
}

#[tokio::test]
async fn t001_1_from_outside_its_networks_an_admin_is_a_user_like_others() {
    for (networks, is_admin) in [(&[][..], true), (&["192.0.2.0/24"], true), (&["198.51.100.0/24"], false)] {
        let world = World::new();
        world.state().users[1].user.roles.insert(RoleName::admin());
        world.state().lifetimes.backoffice = backoffice(networks);
        let begun = logged_in(&world, command("bob", "right")).await;
        assert_eq!(Backoffice::is_of(&begun.view.principal), is_admin, "{networks:?}");
        assert_eq!(begun.view.session.idle_ttl, Some(secs(7)), "be it from elsewhere: {networks:?}");
        let insisting = Command { needs: Some(RoleName::admin()), ..command("bob", "right") };
        assert_eq!(world.service().log_in(insisting).await.is_ok(), is_admin, "{networks:?}");
    }
}
