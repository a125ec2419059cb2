//! Operators, and what is done in an operator's name.

use std::time::Duration;

use vestibule_domain::{
    client::{Client, ClientId, Scope},
    secret::OperatorToken,
};

use super::*;
use crate::operator::users::UserUpdate;

fn name(name: &str) -> ClientName {
    ClientName::parse(name).unwrap()
}

fn client(named: &str, scopes: &[Scope]) -> Client {
    Client {
        id: ClientId::from_uuid(Uuid::from_u128(9)),
        name: name(named),
        created: NOW,
        expires: None,
        revoked: None,
        scopes: scopes.iter().copied().collect(),
    }
}

fn with_clients() -> World {
    let mut world = World::new();
    let all = || vec![client("ops", &[Scope::All]), client("shop", &[])];
    world.clients.expect_all().returning(move || Ok(all()));
    world.clients.expect_by_name().returning(move |name| Ok(all().into_iter().find(|client| client.name == *name)));
    world
}

#[tokio::test]
async fn an_operators_token_is_told_once_and_its_digest_kept() {
    let world = World::new();
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let lifetime = Some(Duration::from_secs(90));
    let added = operator.add_operator(name("ops"), [Scope::UsersRead].into(), lifetime).await.ok().unwrap();
    assert_eq!(added.token.expose(), format!("vestibule_operator_{}", "a".repeat(64)));
    assert_eq!(taken(&written), ["add operator ops Some(90) 76", "record operator_added"]);
    let error = operator.add_operator(name("ops"), [].into(), None).await.err();
    assert!(matches!(error, Some(Error::NoScope)), "{error:?}");
}

#[tokio::test]
async fn operators_are_no_clients_and_clients_no_operators() {
    let world = with_clients();
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let names = |clients: Vec<Client>| joined(clients.into_iter().map(|client| client.name));
    assert_eq!(names(operator.operators().await.unwrap()), "ops");
    assert_eq!(names(operator.clients().await.unwrap()), "shop");
    let unknown = [
        operator.revoke_client(name("ops")).await.err().unwrap().to_string(),
        operator.revoke_operator(name("shop")).await.err().unwrap().to_string(),
    ];
    assert_eq!(unknown, ["there is no client ops", "there is no operator shop"]);
    assert_eq!(taken(&written), [""; 0]);
    assert_eq!(operator.revoke_operator(name("ops")).await.ok().unwrap().revoked, Some(NOW));
    assert_eq!(taken(&written), ["revoke client 9 0", "record operator_revoked"]);
}

#[tokio::test]
async fn a_token_is_an_operators_while_it_is_good() {
    let token = OperatorToken::of(&OpaqueToken::from_bits([1; 16]), &OpaqueToken::from_bits([2; 16]));
    let good = client("ops", &[Scope::All]);
    for (found, accepted) in [
        (Some(good.clone()), true),
        (Some(Client { expires: Some(NOW), ..good.clone() }), false),
        (Some(Client { revoked: Some(NOW), ..good.clone() }), false),
        (Some(client("shop", &[])), false),
        (None, false),
    ] {
        let mut world = World::new();
        world.clients.expect_by_digest().returning(move |_| Ok(found.clone()));
        assert_eq!(world.operator().operator_of(&token).await.unwrap().is_some(), accepted);
    }
}

#[tokio::test]
async fn what_an_operator_does_is_recorded_under_their_name_with_their_address() {
    let world = World::with_alice(|_| ());
    let written = Arc::clone(&world.written);
    let operator = world.operator().named(name("ops"), "192.0.2.7".parse().ok());
    operator.disable_user("alice").await.unwrap();
    assert_eq!(taken(&written).last().unwrap(), "record user_disabled user 1 by ops from 192.0.2.7");
}

#[tokio::test]
async fn a_user_is_updated_as_they_were_read_or_not_at_all() {
    let update = |read: User, zone: &str, disabled| UserUpdate {
        profile: read.profile.clone(),
        read,
        time_zone: TimeZoneName::parse(zone).unwrap(),
        disabled,
    };
    let world = World::with_alice(|_| ());
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let updated = operator.update_user(update(alice(), "Europe/Prague", true)).await.ok().unwrap();
    assert!(updated.disabled && updated.time_zone.as_str() == "Europe/Prague");
    assert_eq!(
        taken(&written),
        [
            "expect user 1 in 0",
            "profile of user 1 in Europe/Prague",
            "record profile_changed user 1",
            "user 1 disabled true",
            "end sessions of user 1 subject_changed",
            "record user_disabled user 1",
        ]
    );
    let outdated = operator.update_user(update(User { disabled: true, ..alice() }, "UTC", true)).await.err();
    assert!(matches!(outdated, Some(Error::Outdated)), "{outdated:?}");
    let mut raced = World::with_alice(|_| ());
    raced.conflict = Some(Conflict::SubjectChanged);
    let raced = raced.operator().update_user(update(alice(), "UTC", true)).await.err();
    assert!(matches!(raced, Some(Error::Outdated)), "{raced:?}");
}
