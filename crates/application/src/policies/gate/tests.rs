use vestibule_domain::{
    network::KnownNetworks,
    node::{NodeId, NodeName},
};

use super::*;
use crate::testing::{ALICE, NODE, NOW, World, client, described, here, key, password, refusal, secs};

const ALICES: &str = "login to 00000000-0000-0000-0000-000000000001, many logins to \
                      00000000-0000-0000-0000-000000000001, login from here, login";

fn by_name(name: &str) -> Login {
    Login::Name(key(name))
}

fn by_node_name(name: &str) -> Login {
    Login::Node(NodeRef::Name(NodeName::parse(name).unwrap()))
}

/// The name of the subject that was let in and its conditions, or why not.
async fn admit(world: &World, login: &Login, typed: &str) -> Result<(Subject, Vec<String>), String> {
    match world.gate().admit(login, &password(typed), &here(), None).await {
        Ok(admitted) => Ok((admitted.subject, described(&admitted.conditions))),
        refused => Err(refusal(refused)),
    }
}

async fn refused(world: &World, login: &Login, typed: &str) -> String {
    admit(world, login, typed).await.unwrap_err()
}

#[tokio::test]
async fn whoever_has_the_password_is_let_in_while_it_is_the_password() {
    let logins = [
        Login::Name(key("alice")),
        Login::Email(key("alice@x.test")),
        Login::Any(key("alice")),
        Login::Any(key("Alice@X.test")),
    ];
    for login in logins {
        let world = World::new();
        let admitted = admit(&world, &login, "right").await;
        assert_eq!(admitted, Ok((ALICE, vec!["expect user 1 in 3".to_owned()])));
        let expected = ["find account", &format!("charge {ALICES}"), "verify", &format!("refund {ALICES}")];
        assert_eq!(world.journal(), expected, "{login:?}");
    }
}

#[tokio::test]
async fn a_name_is_no_address_and_an_address_no_name() {
    let world = World::new();
    assert_eq!(refused(&world, &Login::Name(key("alice@x.test")), "right").await, "UnknownLogin");
    assert_eq!(refused(&world, &Login::Email(key("alice")), "right").await, "UnknownLogin");
}

/// T003-1.
#[tokio::test]
async fn a_known_account_costs_a_guesser_as_much_as_an_unknown_one() {
    let cases = [(by_name("alice"), by_name("carol")), (by_node_name("backup"), by_node_name("restore"))];
    for (known, unknown) in cases {
        let world = World::new();
        // A node in the midst of a rotation has two secrets, and takes two comparisons of a random secret.
        world.state().nodes[0].secrets.previous = None;
        assert_eq!(refused(&world, &known, "wrong").await, "WrongPassword");
        let cost = |world: &World| world.journal().iter().map(|entry| first_word(entry)).collect::<Vec<_>>();
        let for_known = cost(&world);
        assert_eq!(for_known, ["find", "charge", "verify", "commit"], "nothing is refunded");
        assert_eq!(refused(&world, &unknown, "wrong").await, "UnknownLogin");
        assert_eq!(cost(&world), for_known);
        let profile = if matches!(unknown, Login::Node(_)) { HashProfile::Fast } else { HashProfile::Standard };
        assert_eq!(world.state().against_nothing, [profile]);
    }
}

fn first_word(entry: &str) -> String {
    entry.split(' ').next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn failures_are_noted_of_known_and_unknown_accounts() {
    let world = World::new();
    refused(&world, &by_name("alice"), "wrong").await;
    assert_eq!(world.unit(), ["login of user 1: false", "record authentication_failed: user 1"]);
    refused(&world, &by_name("carol"), "wrong").await;
    assert_eq!(
        world.unit(),
        ["login of user 0: false", "record authentication_failed: nobody"],
        "as much, to no effect"
    );
    refused(&world, &by_node_name("backup"), "wrong").await;
    assert_eq!(world.unit(), ["login of node 7: false", "record authentication_failed: node 7"]);
}

#[tokio::test]
async fn every_spelling_of_a_known_account_is_charged_to_it_and_an_unknown_one_to_what_was_typed() {
    let cases = [
        (by_name("ALICE"), "00000000-0000-0000-0000-000000000001"),
        (Login::Email(key("alice@x.test")), "00000000-0000-0000-0000-000000000001"),
        (by_name("Carol"), "carol"),
        (by_node_name("backup"), "00000000-0000-0000-0000-000000000007"),
        (by_node_name("restore"), "restore"),
        (Login::Node(NodeRef::Id(NodeId::from_uuid(uuid::Uuid::from_u128(8)))), "00000000-0000-0000-0000-000000000008"),
    ];
    for (login, account) in cases {
        let world = World::new();
        refused(&world, &login, "wrong").await;
        assert_eq!(
            world.journal()[1],
            format!("charge login to {account}, many logins to {account}, login from here, login")
        );
    }
}

#[tokio::test]
async fn a_spent_budget_refuses_the_right_password_unlooked_at() {
    let world = World::new();
    world.state().exhausted = true;
    for (login, typed) in [(by_name("alice"), "right"), (by_name("alice"), "wrong"), (by_name("carol"), "wrong")] {
        assert_eq!(refused(&world, &login, typed).await, "Throttled { retry_after: 7s }");
        let asked: Vec<String> = world.journal().iter().map(|entry| first_word(entry)).collect();
        assert_eq!(asked, ["find", "charge", "charge", "commit"], "found and charged, not verified");
    }
}

#[tokio::test]
async fn that_a_budget_is_spent_is_noted_and_is_no_failed_login() {
    let world = World::new();
    world.state().exhausted = true;
    refused(&world, &by_name("alice"), "right").await;
    assert_eq!(world.journal()[2], "charge note of login to 00000000-0000-0000-0000-000000000001");
    assert_eq!(world.unit(), ["record logins_throttled: user 1"]);
    refused(&world, &by_name("carol"), "wrong").await;
    assert_eq!(world.journal()[2], "charge note of login to carol");
    assert_eq!(world.unit(), ["record logins_throttled: nobody"]);
}

#[tokio::test]
async fn where_nobody_can_count_nobody_is_let_in() {
    let world = World::new();
    world.state().uncountable = true;
    for name in ["alice", "carol"] {
        assert_eq!(refused(&world, &by_name(name), "right").await, "Store(Unavailable(\"as told\"))");
        assert_eq!(world.journal().len(), 2, "found and not charged, neither verified nor noted");
    }
}

#[tokio::test]
async fn a_network_that_the_account_knows_has_a_budget_of_its_own() {
    let known = KnownNetworks::from_iter([(Network::of(here().address), NOW)]);
    let world = World::new();
    world.state().users[0].networks = known.clone();
    world.state().nodes[0].networks = known;
    for (login, account) in [(by_name("alice"), 1), (by_node_name("backup"), 7)] {
        let _ = admit(&world, &login, "wrong").await;
        let account = format!("00000000-0000-0000-0000-00000000000{account}");
        let known = format!("login from known here to {account}, many logins from known here to {account}");
        assert_eq!(world.journal()[1], format!("charge {known}, login from here"));
    }
    refused(&world, &by_name("bob"), "wrong").await;
    assert!(world.journal()[1].starts_with("charge login to "), "bob has never been here");
    world.state().now = NOW.plus(KnownNetworks::KEPT);
    refused(&world, &by_name("alice"), "wrong").await;
    assert_eq!(world.journal()[1], format!("charge {ALICES}"), "that was too long ago");
}

#[tokio::test]
async fn who_is_let_in_is_noted_where_they_were_let_in_a_day_ago() {
    let is_noted = async |world: &World, login: &Login, typed: &str| {
        let admitted = world.gate().admit(login, &password(typed), &here(), None).await;
        admitted.ok().unwrap().is_noted
    };
    for (ago, expected) in [(Duration::ZERO, true), (KnownNetworks::GRAIN, false)] {
        let world = World::new();
        let noted = KnownNetworks::from_iter([(Network::of(here().address), NOW.minus(ago))]);
        world.state().users[0].networks = noted.clone();
        world.state().nodes[0].networks = noted;
        for (login, typed) in [(by_name("alice"), "right"), (by_node_name("backup"), "secret")] {
            assert_eq!(is_noted(&world, &login, typed).await, expected);
        }
    }
    assert!(!is_noted(&World::new(), &by_name("alice"), "right").await, "nobody has been here before");
}

#[tokio::test]
async fn what_comes_through_a_program_is_charged_to_it_too() {
    let (world, client) = (World::new(), client().id);
    let admit = async || {
        let denied = world.gate().admit(&by_name("alice"), &password("wrong"), &here(), Some(client)).await;
        assert!(matches!(denied, Err(Denied::WrongPassword)));
        world.journal().remove(1)
    };
    assert_eq!(admit().await, format!("charge {ALICES}, login by {client}"));
    world.state().users[0].networks = KnownNetworks::from_iter([(Network::of(here().address), NOW)]);
    assert!(!admit().await.contains("login by"), "a program whose budget others spent does not shut out its users");
}

#[tokio::test]
async fn what_could_not_be_verified_was_no_attempt() {
    let world = World::new();
    world.state().busy = Some("verify");
    for name in ["alice", "carol"] {
        assert_eq!(refused(&world, &by_name(name), "right").await, "Overloaded { retry_after: 7s }");
        let journal = world.journal();
        assert_eq!(journal[1].replace("charge", "refund"), journal[3]);
        assert_eq!(journal.len(), 4, "nothing is noted");
    }
}

#[tokio::test]
async fn only_who_has_the_password_learns_that_the_user_is_disabled() {
    let world = World::new();
    world.state().users[0].user.disabled = true;
    assert_eq!(refused(&world, &by_name("alice"), "wrong").await, "WrongPassword");
    assert!(!world.journal().contains(&format!("refund {ALICES}")));
    assert_eq!(refused(&world, &by_name("alice"), "right").await, "Disabled");
    assert!(!world.journal().contains(&format!("refund {ALICES}")), "each of these is written too");
    let noted = ["login of user 1: false", "record authentication_failed: user 1"];
    assert_eq!(world.units(), [noted, noted]);
}

#[tokio::test]
async fn a_user_without_password_or_with_an_unusable_hash_has_no_right_password() {
    let world = World::new();
    world.state().users[0].password = None;
    assert_eq!(refused(&world, &by_name("alice"), "right").await, "WrongPassword");
    assert_eq!(world.state().against_nothing, [HashProfile::Standard]);
    world.state().users[0].password = Some(PasswordHash::new("broken"));
    assert_eq!(refused(&world, &by_name("alice"), "broken").await, "WrongPassword");
}

#[tokio::test]
async fn a_hash_whose_pepper_is_gone_is_the_operators_fault_and_not_a_wrong_password() {
    let world = World::new();
    world.state().users[0].password = Some(PasswordHash::new("peppered"));
    assert_eq!(refused(&world, &by_name("alice"), "right").await.split('(').next(), Some("Store"));
    assert_eq!(world.journal().last(), Some(&format!("refund {ALICES}")));
    assert_eq!(world.units(), [[""; 0]; 0]);
}

#[tokio::test]
async fn an_outdated_hash_is_made_anew_if_there_is_time() {
    let world = World::new();
    world.state().users[0].password = Some(PasswordHash::new("old:right"));
    let (_, conditions) = admit(&world, &by_name("alice"), "right").await.unwrap();
    assert_eq!(conditions, ["expect user 1 in 3", "hash of user 1: Standard right"]);
    world.state().busy = Some("hash");
    let (_, conditions) = admit(&world, &by_name("alice"), "right").await.unwrap();
    assert_eq!(conditions, ["expect user 1 in 3"]);
}

#[tokio::test]
async fn a_node_is_let_in_by_its_secret_and_for_a_while_by_the_one_before() {
    let world = World::new();
    let expected = Ok((NODE, vec!["expect node 7 in 4".to_owned()]));
    for secret in ["secret", "previous"] {
        assert_eq!(admit(&world, &by_node_name("backup"), secret).await, expected);
    }
    world.state().now = NOW.plus(secs(60));
    assert_eq!(admit(&world, &by_node_name("backup"), "secret").await, expected);
    assert_eq!(refused(&world, &by_node_name("backup"), "previous").await, "WrongPassword");
}

#[tokio::test]
async fn an_unusable_hash_of_a_node_does_not_spoil_the_other() {
    let world = World::new();
    world.state().nodes[0].secrets.current = PasswordHash::new("broken");
    assert!(admit(&world, &by_node_name("backup"), "previous").await.is_ok());
}
