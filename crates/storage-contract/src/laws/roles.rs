//! Roles, and who has them.

use std::collections::BTreeSet;

use vestibule_application::change::Change;
use vestibule_domain::{
    rights::{Right, Role, RoleName},
    user::User,
};

use crate::{
    Store,
    fixtures::{user, user_id},
};

fn roles(names: &[&str]) -> BTreeSet<RoleName> {
    names.iter().map(|name| RoleName::parse(name).unwrap()).collect()
}

pub async fn roles_are_granted_and_withdrawn_one_by_one(store: Store) {
    store.adds(&User { roles: roles(&["a", "b"]), ..user(1, "ada") }).await;
    let (grant, withdraw) = (
        |name| Change::GrantRole { user: user_id(1), role: RoleName::parse(name).unwrap() },
        |name| Change::WithdrawRole { user: user_id(1), role: RoleName::parse(name).unwrap() },
    );
    for (change, expected) in [
        (grant("c"), &["a", "b", "c"][..]),
        (grant("a"), &["a", "b", "c"]),
        (withdraw("b"), &["a", "c"]),
        (withdraw("x"), &["a", "c"]),
    ] {
        store.does([change]).await;
        let stored = store.user(user_id(1)).await.unwrap();
        assert_eq!((stored.user.roles, stored.revision), (roles(expected), 0));
    }
}

pub async fn grants_made_at_once_are_all_kept(store: Store) {
    store.adds(&user(1, "ada")).await;
    let grants =
        (0..8).map(|n| Change::GrantRole { user: user_id(1), role: RoleName::parse(&format!("r{n}")).unwrap() });
    let tasks: Vec<_> = grants
        .map(|grant| {
            let store = store.clone();
            tokio::spawn(async move { store.does([grant]).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.user(user_id(1)).await.unwrap().user.roles.len(), 8);
}

pub async fn adding_a_role_that_is_there_leaves_its_rights(store: Store) {
    let role = Role { name: RoleName::parse("editor").unwrap(), rights: [Right::parse("a").unwrap()].into() };
    let added = || Change::AddRole(role.name.clone());
    store.does([added()]).await;
    let named = async || store.roles.named(std::slice::from_ref(&role.name)).await.unwrap();
    assert_eq!(named().await[0].rights.len(), 0);
    store.does([Change::PutRole(role.clone()), added()]).await;
    assert_eq!(named().await, std::slice::from_ref(&role));
}
