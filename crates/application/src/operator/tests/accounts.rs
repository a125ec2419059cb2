//! Users and roles.

use vestibule_domain::rights::{Right, Rights, Role};

use super::*;
use crate::{
    api::admin::AdminApi,
    operator::{
        roles::Effect,
        users::{Added, NewUser},
    },
};

fn new_user(password_text: &str, roles: &[&str]) -> NewUser {
    NewUser {
        login: LoginName::parse("bob").unwrap(),
        email: EmailAddress::parse("bob@example.test").unwrap(),
        password: password(password_text),
        roles: roles.iter().map(|name| role(name)).collect(),
        time_zone: TimeZoneName::parse("Europe/Warsaw").unwrap(),
    }
}

fn only_admin_exists(world: &mut World) {
    let admin = Role { name: role("admin"), rights: [Right::parse("system.root").unwrap()].into() };
    world
        .roles
        .expect_named()
        .returning(move |names| Ok(if names.contains(&admin.name) { vec![admin.clone()] } else { Vec::new() }));
}

#[tokio::test]
async fn a_user_is_added_with_a_hash_and_a_record() {
    let mut world = World::new();
    only_admin_exists(&mut world);
    let written = Arc::clone(&world.written);
    let Added { user, created_roles } = world.operator().add_user(new_user("k7#qzw", &["admin"])).await.ok().unwrap();
    assert_eq!((user.id.as_uuid(), user.time_zone.as_str(), user.disabled), (NEW_ID, "Europe/Warsaw", false));
    assert_eq!(created_roles, []);
    let expected =
        ["role admin there", "add bob bob@example.test [admin] Standard k7#qzw", "record user_added user ff"];
    assert_eq!(taken(&written), expected);
}

#[tokio::test]
async fn the_first_user_configures_the_system_and_missing_roles_are_created_empty() {
    let mut world = World { setup: SetupState::Unconfigured, ..World::new() };
    only_admin_exists(&mut world);
    let written = Arc::clone(&world.written);
    let added = world.operator().add_user(new_user("k7#qzw", &["admin", "staff"])).await.ok().unwrap();
    assert_eq!(added.created_roles, [role("staff")]);
    assert_eq!(
        taken(&written),
        [
            "role admin there",
            "role staff there",
            "add bob bob@example.test [admin,staff] Standard k7#qzw",
            "record user_added user ff",
            "record system_configured user ff",
        ]
    );
}

#[tokio::test]
async fn a_taken_login_or_address_is_named() {
    for (conflict, sentence) in [
        (Conflict::LoginTaken, "another user has the login name bob"),
        (Conflict::EmailTaken, "another user has the e-mail address bob@example.test"),
        (Conflict::Missing, "nothing was done"),
    ] {
        let mut world = World { conflict: Some(conflict), ..World::new() };
        only_admin_exists(&mut world);
        let error = world.operator().add_user(new_user("k7#qzw", &[])).await.err().unwrap();
        assert!(error.to_string().starts_with(sentence), "{error}");
    }
}

#[tokio::test]
async fn a_simple_password_is_refused_before_anything_is_written() {
    for simple in ["short", "123456", "bob@example.test"] {
        let world = World::with_alice(|alice| alice.email = EmailAddress::parse("bob@example.test").unwrap());
        let written = Arc::clone(&world.written);
        let operator = world.operator();
        let added = operator.add_user(new_user(simple, &[])).await.err();
        assert!(matches!(added, Some(Error::TooSimple(_))), "{added:?}");
        let changed = operator.set_password("alice", &password(simple)).await.err();
        assert!(matches!(changed, Some(Error::TooSimple(_))), "{changed:?}");
        assert_eq!(taken(&written), [""; 0]);
    }
}

#[tokio::test]
async fn a_user_is_found_by_login_address_or_id() {
    let operator = World::with_alice(|_| ()).operator();
    for named in ["alice", " ALICE ", "Alice@Example.test", "00000000-0000-0000-0000-000000000001"] {
        assert_eq!(operator.user(named).await.ok(), Some(alice()), "{named}");
    }
}

#[tokio::test]
async fn an_unknown_user_is_an_error_for_every_command() {
    for named in ["bob", "", "00000000-0000-0000-0000-000000000002"] {
        let world = World::with_alice(|_| ());
        let written = Arc::clone(&world.written);
        let operator = world.operator();
        let errors = [
            operator.user(named).await.err(),
            operator.disable_user(named).await.err(),
            operator.enable_user(named).await.err(),
            operator.remove_user(named).await.err(),
            operator.set_password(named, &password("k7#qzw")).await.err(),
            operator.grant_role(named, role("admin")).await.err(),
            operator.withdraw_role(named, &role("admin")).await.err(),
            operator.issue_login_token(named, std::time::Duration::ZERO).await.err(),
            operator.issue_reset_token(named, std::time::Duration::ZERO).await.err(),
            operator.sessions(Some(named)).await.err(),
            operator.revoke_sessions_of(named).await.err(),
        ];
        for error in errors {
            assert!(matches!(&error, Some(Error::UnknownUser(text)) if text == named), "{error:?}");
        }
        assert_eq!(taken(&written), ["settled"], "who removed them may be waiting for others to hear");
    }
}

#[tokio::test]
async fn a_login_name_that_reads_like_an_id_is_nobodys_id() {
    let text = "00000000-0000-0000-0000-000000000002";
    let world = World::with_alice(|user| user.login = LoginName::parse(text).unwrap());
    let operator = world.operator();
    assert_eq!(operator.user(text).await.ok().unwrap().id, alice().id);
    let errors = [
        operator.user(UserId::parse(text).unwrap()).await.err(),
        AdminApi::user(&operator, UserId::parse(text).unwrap()).await.err(),
        AdminApi::remove_user(&operator, UserId::parse(text).unwrap()).await.err(),
        AdminApi::revoke_sessions_of(&operator, UserId::parse(text).unwrap()).await.err(),
    ];
    for error in errors {
        assert!(matches!(&error, Some(Error::UnknownUser(unknown)) if unknown == text), "{error:?}");
    }
}

#[tokio::test]
async fn what_takes_something_from_a_user_ends_their_sessions() {
    let world = World::with_alice(|_| ());
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let ended = "end sessions of user 1 subject_changed";

    assert!(operator.disable_user("alice").await.ok().unwrap().disabled);
    assert_eq!(taken(&written), ["user 1 disabled true", ended, "record user_disabled user 1"]);
    assert_eq!(operator.set_password("alice", &password("k7#qzw")).await.ok(), Some(alice()));
    assert_eq!(taken(&written), ["password of user 1 Standard k7#qzw", ended, "record password_changed user 1"]);
    assert_eq!(operator.remove_user("alice").await.ok(), Some(alice()));
    assert_eq!(taken(&written), ["remove user 1", ended, "record user_removed user 1"]);
}

#[tokio::test]
async fn an_enabled_user_may_log_in_again() {
    let world = World::with_alice(|alice| alice.disabled = true);
    let written = Arc::clone(&world.written);
    assert_eq!(world.operator().enable_user("alice").await.ok(), Some(alice()));
    assert_eq!(taken(&written), ["user 1 disabled false", "record user_enabled user 1"]);
}

#[tokio::test]
async fn users_are_read_page_by_page() {
    let mut world = World::new();
    let user = |n| User { id: UserId::from_uuid(Uuid::from_u128(n)), ..alice() };
    world.users.expect_page().returning(move |after, _| {
        let after = after.map_or(0, |id| id.as_uuid().as_u128());
        Ok((after + 1..=5).take(2).map(user).collect())
    });
    let users = world.operator().users().await.ok().unwrap();
    assert_eq!(users.iter().map(|user| user.id.as_uuid().as_u128()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
}

#[tokio::test]
async fn granting_and_withdrawing_a_role_is_recorded() {
    let mut world = World::with_alice(|_| ());
    only_admin_exists(&mut world);
    let written = Arc::clone(&world.written);
    let operator = world.operator();

    let (user, effect) = operator.grant_role("alice", role("staff")).await.ok().unwrap();
    assert_eq!((joined(&user.roles).as_str(), effect), ("admin,staff", Effect::RoleCreated));
    assert_eq!(taken(&written), ["role staff there", "user 1 gets staff", "record rights_changed user 1"]);
    let (user, effect) = operator.withdraw_role("alice", &role("admin")).await.ok().unwrap();
    assert_eq!((user.roles.len(), effect), (0, Effect::Changed));
    assert_eq!(taken(&written), ["user 1 loses admin", "record rights_changed user 1"]);
}

#[tokio::test]
async fn an_existing_role_is_granted_as_it_is() {
    let mut world = World::with_alice(|alice| alice.roles.clear());
    only_admin_exists(&mut world);
    let written = Arc::clone(&world.written);
    let (_, effect) = world.operator().grant_role("alice", role("admin")).await.ok().unwrap();
    assert_eq!(effect, Effect::Changed);
    assert_eq!(taken(&written), ["role admin there", "user 1 gets admin", "record rights_changed user 1"]);
}

#[tokio::test]
async fn nothing_is_written_when_there_is_nothing_to_change() {
    let world = World::with_alice(|_| ());
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    assert_eq!(operator.grant_role("alice", role("admin")).await.ok(), Some((alice(), Effect::Unchanged)));
    assert_eq!(operator.withdraw_role("alice", &role("staff")).await.ok(), Some((alice(), Effect::Unchanged)));
    assert_eq!(taken(&written), ["settled"; 2], "whoever did it may be waiting for others to hear");
}

#[tokio::test]
async fn a_roles_rights_are_set_as_a_whole() {
    let world = World::new();
    let written = Arc::clone(&world.written);
    let rights = ["b.write", "a.read"].map(|right| Right::parse(right).unwrap());
    let set = world.operator().set_role(role("staff"), rights.into()).await.ok().unwrap();
    assert_eq!(joined(&set.rights), "a.read,b.write");
    assert_eq!(taken(&written), ["role staff [a.read,b.write]", "record rights_changed"]);
}

#[tokio::test]
async fn a_role_is_replaced_for_whoever_read_it_as_it_is() {
    let world = World::new();
    let written = Arc::clone(&world.written);
    let rights = |right| Rights::from([Right::parse(right).unwrap()]);
    let staff = || Role { name: role("staff"), rights: rights("a.read") };
    let operator = world.operator();
    operator.replace_role(staff(), Some(rights("b.write"))).await.ok().unwrap();
    operator.replace_role(staff(), None).await.ok().unwrap();
    let record = "record rights_changed";
    let replaced = ["role staff [a.read] for [b.write]", record, "role staff [a.read] for nothing", record];
    assert_eq!(taken(&written), replaced);

    let changed = World { conflict: Some(Conflict::Stale), ..World::new() };
    let error = changed.operator().replace_role(staff(), None).await.err();
    assert!(matches!(error, Some(Error::Outdated)), "{error:?}");
}

#[tokio::test]
async fn a_store_that_fails_is_said_so() {
    let mut world = World::new();
    world.users.expect_by_key().returning(|_, _| Err(StoreError::Malformed("user")));
    let error = world.operator().user("alice").await.err();
    assert!(matches!(error, Some(Error::Store(StoreError::Malformed("user")))), "{error:?}");
}
