//! Nodes, clients, form configurations and login tokens.

use std::time::Duration;

use vestibule_domain::{
    client::{Client, ClientId},
    form::{FormConfiguration, shipped_forms},
    network::KnownNetworks,
    node::{Node, NodeId, NodeRef, NodeSecrets},
};

use super::*;
use crate::ports::StoredNode;

const TOKEN: &str = "aaaaaaaa-aaaa-aaaa-aaaa-aaaaaaaaaaaa";

fn node_name(name: &str) -> NodeName {
    NodeName::parse(name).unwrap()
}

fn with_node() -> World {
    let mut world = World::new();
    world.nodes.expect_find().returning(|node| {
        let found = *node == NodeRef::Name(node_name("backup"));
        Ok(found.then(|| StoredNode {
            node: Node {
                id: NodeId::from_uuid(Uuid::from_u128(7)),
                name: node_name("backup"),
                created: NOW,
                last_successful_login: None,
                last_failed_login: None,
            },
            secrets: NodeSecrets { current: PasswordHash::new("old"), previous: None },
            revision: 3,
            networks: KnownNetworks::default(),
        }))
    });
    world
}

#[tokio::test]
async fn a_node_gets_a_random_secret_of_which_a_fast_hash_is_kept() {
    let world = World::new();
    let written = Arc::clone(&world.written);
    let added = world.operator().add_node(node_name("backup")).await.ok().unwrap();
    assert_eq!((added.node.id.as_uuid(), added.secret.expose()), (NEW_ID, TOKEN));
    assert_eq!(taken(&written), [format!("add node ff backup Fast {TOKEN}"), "record node_added node ff".to_owned()]);
}

#[tokio::test]
async fn a_rotated_node_keeps_its_sessions_and_for_a_while_its_secret() {
    let world = with_node();
    let written = Arc::clone(&world.written);
    let rotated = world.operator().rotate_node(node_name("backup"), Duration::from_mins(1)).await.ok().unwrap();
    assert_eq!(rotated.secret.expose(), TOKEN);
    assert_eq!(
        taken(&written),
        [
            "expect node 7 in 3".to_owned(),
            format!("node 7 has Fast {TOKEN} and old for 60 s"),
            "record node_rotated node 7".to_owned(),
        ]
    );
}

#[tokio::test]
async fn a_removed_nodes_sessions_end() {
    let world = with_node();
    let written = Arc::clone(&world.written);
    assert_eq!(world.operator().remove_node(node_name("backup")).await.ok().unwrap().name, node_name("backup"));
    assert_eq!(
        taken(&written),
        ["remove node 7", "end sessions of node 7 subject_changed", "record node_removed node 7"]
    );
}

#[tokio::test]
async fn unknown_and_taken_nodes_are_named() {
    let operator = with_node().operator();
    let errors = [
        operator.rotate_node(node_name("other"), Duration::ZERO).await.err(),
        operator.remove_node(node_name("other")).await.err(),
    ];
    for error in errors {
        assert!(matches!(&error, Some(Error::UnknownNode(name)) if name.as_str() == "other"), "{error:?}");
    }
    let world = World { conflict: Some(Conflict::NameTaken), ..World::new() };
    let error = world.operator().add_node(node_name("backup")).await.err();
    assert!(matches!(&error, Some(Error::NodeNameTaken(name)) if name.as_str() == "backup"), "{error:?}");
}

#[tokio::test]
async fn a_clients_token_is_told_once_and_its_digest_kept() {
    for (lifetime, unit) in [(None, "add client shop None 61"), (Some(90), "add client shop Some(90) 61")] {
        let world = World::new();
        let written = Arc::clone(&world.written);
        let name = ClientName::parse("shop").unwrap();
        let added = world.operator().add_client(name, lifetime.map(Duration::from_secs)).await.ok().unwrap();
        assert_eq!(added.token.expose(), TOKEN);
        assert_eq!(taken(&written), [unit, "record client_added"]);
    }
}

#[tokio::test]
async fn a_client_is_revoked_at_its_first_revocation() {
    for revoked in [None, Some(Timestamp::EPOCH)] {
        let mut world = World::new();
        world.clients.expect_by_name().returning(move |name| {
            let id = ClientId::from_uuid(Uuid::from_u128(9));
            Ok(Some(Client { id, name: name.clone(), created: NOW, expires: None, revoked, scopes: [].into() }))
        });
        let written = Arc::clone(&world.written);
        let client = world.operator().revoke_client(ClientName::parse("shop").unwrap()).await.ok().unwrap();
        assert_eq!(client.revoked, revoked.or(Some(NOW)));
        assert_eq!(taken(&written), ["revoke client 9 0", "record client_revoked"]);
    }
}

#[tokio::test]
async fn unknown_and_taken_clients_are_named() {
    let name = || ClientName::parse("shop").unwrap();
    let mut world = World { conflict: Some(Conflict::NameTaken), ..World::new() };
    world.clients.expect_by_name().returning(|_| Ok(None));
    let operator = world.operator();
    let unknown = operator.revoke_client(name()).await.err();
    assert!(matches!(&unknown, Some(Error::UnknownClient(found)) if *found == name()), "{unknown:?}");
    let taken = operator.add_client(name(), None).await.err();
    assert!(matches!(&taken, Some(Error::ClientNameTaken(found)) if *found == name()), "{taken:?}");
}

fn form() -> FormConfiguration {
    shipped_forms().remove(0)
}

#[tokio::test]
async fn form_configurations_are_set_and_removed() {
    let mut world = World::new();
    world.forms.expect_by_name().returning(|name| Ok((*name == form().name).then(form)));
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let name = form().name;

    assert!(operator.set_form(form()).await.is_ok());
    assert_eq!(taken(&written), [format!("form {name}"), "record form_changed".to_owned()]);
    assert_eq!(operator.remove_form(name.clone()).await.ok(), Some(form()));
    assert_eq!(taken(&written), [format!("remove form {name}"), "record form_changed".to_owned()]);

    let unknown = FormName::parse("other").unwrap();
    for error in [operator.form(unknown.clone()).await.err(), operator.remove_form(unknown.clone()).await.err()] {
        assert!(matches!(&error, Some(Error::UnknownForm(found)) if *found == unknown), "{error:?}");
    }
    assert_eq!(taken(&written), [""; 0]);
}

#[tokio::test]
async fn a_form_is_replaced_for_whoever_read_it_as_it_is() {
    let world = World::new();
    let written = Arc::clone(&world.written);
    let (operator, name) = (world.operator(), form().name);
    operator.replace_form(form(), Some(form())).await.ok().unwrap();
    operator.replace_form(form(), None).await.ok().unwrap();
    let record = "record form_changed".to_owned();
    let [replaced, added] = [name.as_str(), "nothing"].map(|read| format!("form {name} for {read}"));
    assert_eq!(taken(&written), [replaced, record.clone(), added, record]);

    let changed = World { conflict: Some(Conflict::Stale), ..World::new() };
    let error = changed.operator().replace_form(form(), Some(form())).await.err();
    assert!(matches!(error, Some(Error::Outdated)), "{error:?}");
}

#[tokio::test]
async fn a_form_that_somebody_else_removes_meanwhile_is_unknown() {
    let mut world = World { conflict: Some(Conflict::Missing), ..World::new() };
    world.forms.expect_by_name().returning(|_| Ok(Some(form())));
    let error = world.operator().remove_form(form().name).await.err();
    assert!(matches!(error, Some(Error::UnknownForm(_))), "{error:?}");
}

#[tokio::test]
async fn a_login_token_lets_one_user_in_for_its_lifetime() {
    let world = World::with_alice(|_| ());
    let written = Arc::clone(&world.written);
    let issued = world.operator().issue_login_token("alice", Duration::from_mins(5)).await.ok().unwrap();
    assert_eq!((issued.token.expose(), issued.expires.since(NOW).as_secs()), (TOKEN, 300));
    assert_eq!(taken(&written), ["login token 61 for user 1, 300 s", "record login_token_issued user 1"]);
}

#[tokio::test]
async fn a_token_that_resets_a_password_is_stored_as_another_one_and_changes_nothing_yet() {
    let world = World::with_alice(|_| ());
    let written = Arc::clone(&world.written);
    let issued = world.operator().issue_reset_token("alice", Duration::from_mins(10)).await.ok().unwrap();
    assert_eq!(issued.expires, NOW.plus(Duration::from_mins(10)));
    assert_eq!(taken(&written), ["login token 62 for user 1, 600 s", "record password_reset_issued user 1"]);
}

#[tokio::test]
async fn no_login_token_is_issued_to_a_disabled_user() {
    let world = World::with_alice(|alice| alice.disabled = true);
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let reset = operator.issue_reset_token("alice", Duration::from_mins(5)).await.err();
    assert!(matches!(reset, Some(Error::Disabled(_))), "{reset:?}");
    let error = operator.issue_login_token("alice", Duration::from_mins(5)).await.err();
    assert!(matches!(error, Some(Error::Disabled(_))), "{error:?}");
    assert_eq!(taken(&written), [""; 0]);
}
