//! Roles and form configurations, replaced by those who have read them.

use std::collections::{BTreeMap, BTreeSet};

use vestibule_application::{change::Change, ports::Conflict};
use vestibule_domain::{
    form::{FormAction, FormConfiguration, FormName},
    rights::{Right, Role, RoleName},
};

use crate::Store;

fn role(rights: &[&str]) -> Role {
    let rights = rights.iter().map(|right| Right::parse(right).unwrap()).collect();
    Role { name: RoleName::parse("b").unwrap(), rights }
}

fn form() -> FormConfiguration {
    let name = FormName::parse("f").unwrap();
    FormConfiguration { name, action: FormAction::Delete, fields: BTreeMap::new(), roles: BTreeSet::new() }
}

pub async fn a_role_is_replaced_by_whoever_read_it_as_it_is(store: Store) {
    let named = async || store.roles.named(&[role(&[]).name]).await.unwrap();
    let replace = |rights: &[&str], read: Option<&[&str]>| {
        [Change::ReplaceRole { role: role(rights), read: read.map(|read| role(read).rights) }]
    };
    assert_eq!(store.conflict(replace(&["x"], Some(&[]))).await, Some(Conflict::Stale), "there is none");
    assert_eq!(named().await, []);
    assert_eq!(store.conflict(replace(&["x"], None)).await, None);
    for read in [None, Some(&[][..]), Some(&["y"]), Some(&["x", "y"])] {
        assert_eq!(store.conflict(replace(&["z"], read)).await, Some(Conflict::Stale), "{read:?} is not what it is");
        assert_eq!(named().await, [role(&["x"])]);
    }
    assert_eq!(store.conflict(replace(&["y", "z"], Some(&["x"]))).await, None);
    assert_eq!(named().await, [role(&["y", "z"])]);
}

pub async fn of_many_who_replace_a_role_at_once_one_does(store: Store) {
    for read in [None, Some(role(&["r0"]).rights)] {
        let asked = (0..8).map(|n| {
            let role = role(&[if read.is_none() { "r0".to_owned() } else { format!("r{}", n + 1) }.as_str()]);
            let (store, read) = (store.clone(), read.clone());
            tokio::spawn(async move { store.conflict([Change::ReplaceRole { role, read }]).await })
        });
        let mut met = Vec::new();
        for asked in asked.collect::<Vec<_>>() {
            met.push(asked.await.unwrap());
        }
        assert_eq!(met.iter().filter(|conflict| conflict.is_none()).count(), 1, "{met:?}");
        assert!(met.iter().flatten().all(|conflict| *conflict == Conflict::Stale), "{met:?}");
    }
}

pub async fn a_form_is_replaced_by_whoever_read_it_as_it_is(store: Store) {
    let by_admins = || FormConfiguration { roles: BTreeSet::from([RoleName::admin()]), ..form() };
    let stored = async || store.forms.by_name(&form().name).await.unwrap();
    let replace = |form: FormConfiguration, read| [Change::ReplaceForm { form, read }];
    assert_eq!(store.conflict(replace(form(), Some(form()))).await, Some(Conflict::Stale), "there is none");
    assert_eq!(store.conflict(replace(form(), None)).await, None);
    for read in [None, Some(by_admins())] {
        assert_eq!(store.conflict(replace(by_admins(), read)).await, Some(Conflict::Stale), "it is not what was read");
        assert_eq!(stored().await, Some(form()));
    }
    assert_eq!(store.conflict(replace(by_admins(), Some(form()))).await, None);
    assert_eq!(stored().await, Some(by_admins()));
}
