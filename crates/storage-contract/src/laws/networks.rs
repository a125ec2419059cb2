//! From where users and nodes have logged in.

use tokio::task::JoinSet;
use vestibule_application::change::Change;
use vestibule_domain::{
    network::{KnownNetworks, Network},
    session::Subject,
    time::Timestamp,
    user::LoginKey,
};

use crate::{
    Store,
    fixtures::{START, at, hash, node, node_id, secrets, user, user_id},
};

const ADA: Subject = Subject::User(user_id(1));
const EDGE: Subject = Subject::Node(node_id(1));

fn network(number: u8) -> Network {
    Network::of([192, 0, 2, number].into())
}

fn know(subject: Subject, number: u8, at: Timestamp) -> Change {
    Change::KnowNetwork { subject, network: network(number), at }
}

/// What a user knows, or a node.
async fn known(store: &Store, subject: Subject) -> Option<KnownNetworks> {
    match subject {
        Subject::User(id) => store.user(id).await.map(|stored| stored.networks),
        Subject::Node(id) => store.node(id).await.map(|stored| stored.networks),
        Subject::Anonymous | Subject::Setup => None,
    }
}

/// Ada and another user, and a node of the same UUID and another.
async fn people(store: &Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    for (number, name) in [(1, "edge"), (2, "core")] {
        store.does([Change::AddNode { node: node(number, name), secrets: secrets("s") }]).await;
    }
}

pub async fn a_network_is_known_to_whoever_logged_in_from_there(store: Store) {
    people(&store).await;
    assert_eq!(known(&store, ADA).await, Some(KnownNetworks::default()));
    store.does([know(ADA, 1, at(1))]).await;
    assert_eq!(known(&store, ADA).await, Some([(network(1), at(1))].into_iter().collect()));
    let stored = store.users.by_key(&LoginKey::parse("ada").unwrap(), vestibule_application::ports::KeyKind::Any).await;
    let stored = stored.unwrap().unwrap();
    assert!(stored.networks.knows(network(1), at(1)) && stored.revision == 0 && stored.user == user(1, "ada"));
    for other in [Subject::User(user_id(2)), EDGE] {
        assert_eq!(known(&store, other).await, Some(KnownNetworks::default()));
    }
    let there = Network::of("2001:db8::1".parse().unwrap());
    store.does([Change::KnowNetwork { subject: EDGE, network: there, at: at(2) }]).await;
    assert_eq!(known(&store, EDGE).await, Some([(there, at(2))].into_iter().collect()));
    assert_eq!(known(&store, Subject::Node(node_id(2))).await, Some(KnownNetworks::default()));
    assert!(!known(&store, ADA).await.unwrap().knows(there, at(2)));
}

pub async fn networks_are_kept_as_they_are_noted(store: Store) {
    people(&store).await;
    for subject in [ADA, EDGE] {
        let mut expected = KnownNetworks::default();
        // Too many, one of them again, one late, and one when all others are too old.
        let logins = (1..=12).map(|number| (number, u32::from(number))).chain([(5, 20), (13, 2), (14, 20), (15, 101)]);
        for (number, days) in logins {
            let at = START.plus(KnownNetworks::GRAIN * days);
            store.does([know(subject, number, at)]).await;
            expected.note(network(number), at);
            assert_eq!(known(&store, subject).await.as_ref(), Some(&expected), "after {number}");
        }
    }
}

pub async fn networks_of_nobody_are_no_conflict(store: Store) {
    let nobody = [Subject::Anonymous, Subject::Setup, ADA, EDGE];
    store.does(nobody.map(|subject| know(subject, 1, START))).await;
}

pub async fn networks_go_with_whom_they_are_of(store: Store) {
    people(&store).await;
    store.does([know(ADA, 1, START), know(EDGE, 1, START)]).await;
    store.does([Change::RemoveUser { user: user_id(1) }, Change::RemoveNode { node: node_id(1) }]).await;
    let again = Change::AddUser { user: user(1, "ada"), password: hash("a") };
    store.does([again, Change::AddNode { node: node(1, "edge"), secrets: secrets("s") }]).await;
    assert_eq!(known(&store, ADA).await, Some(KnownNetworks::default()));
    assert_eq!(known(&store, EDGE).await, Some(KnownNetworks::default()));
}

pub async fn a_new_password_makes_every_network_a_strangers(store: Store) {
    people(&store).await;
    let (user, bob) = (user_id(1), Subject::User(user_id(2)));
    store.does([know(ADA, 1, START), know(ADA, 2, START), know(bob, 1, START)]).await;
    store
        .does([Change::ReplaceHash { user, password: hash("b") }, Change::SetDisabled { user, disabled: false }])
        .await;
    assert_eq!(known(&store, ADA).await.unwrap().iter().count(), 2, "the password is the same");
    store.does([Change::SetPassword { user, password: hash("c") }]).await;
    assert_eq!(known(&store, ADA).await, Some(KnownNetworks::default()));
    assert_eq!(known(&store, bob).await.unwrap().iter().count(), 1, "another user's stays");
    store.does([know(ADA, 3, at(1))]).await;
    assert_eq!(known(&store, ADA).await, Some([(network(3), at(1))].into_iter().collect()));
}

pub async fn logins_at_once_make_each_network_known(store: Store) {
    people(&store).await;
    let mut logins = JoinSet::new();
    for number in 1..=8 {
        let unit = store.unit.clone();
        logins.spawn(async move { unit.commit(vec![know(ADA, number, START)]).await });
    }
    assert!(logins.join_all().await.iter().all(Result::is_ok));
    let all = (1..=8).map(|number| (network(number), START)).collect();
    assert_eq!(known(&store, ADA).await, Some(all));
}
