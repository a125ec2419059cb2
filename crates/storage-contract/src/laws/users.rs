//! Users and their keys.

use std::collections::BTreeSet;

use vestibule_application::{
    change::Change,
    ports::{Conflict, KeyKind},
};
use vestibule_domain::{
    rights::RoleName,
    session::Subject,
    user::{Birthdate, City, EmailAddress, LoginName, PersonName, Profile, Sex, TimeZoneName, User},
};

use crate::{
    Store,
    fixtures::{at, digest, hash, login_token, node_id, session_of, user, user_at, user_id},
};

fn add(user: &User) -> Change {
    Change::AddUser { user: user.clone(), password: hash("a") }
}

fn roles(names: &[&str]) -> BTreeSet<RoleName> {
    names.iter().map(|name| RoleName::parse(name).unwrap()).collect()
}

pub async fn a_user_is_found_by_login_by_address_and_by_id(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    assert_eq!(store.by_login("ada").await, Some(user_id(1)));
    assert_eq!(store.by_email("BOB@Example.org").await, Some(user_id(2)));
    assert_eq!(store.user(user_id(1)).await.unwrap().user, user(1, "ada"));
    assert_eq!(store.users.profile(user_id(1)).await.unwrap().as_deref(), Some(&user(1, "ada")));
    assert!(store.user(user_id(3)).await.is_none() && store.users.profile(user_id(3)).await.unwrap().is_none());
    assert_eq!((store.by_login("eve").await, store.by_email("eve@example.org").await), (None, None));
}

pub async fn a_user_comes_back_with_everything_they_had(store: Store) {
    let profile = Profile {
        sex: Sex::Female,
        name: Some(PersonName::parse("Łucja").unwrap()),
        surname: Some(PersonName::parse("O'Brien \"; DROP TABLE users").unwrap()),
        nickname: Some(PersonName::parse("\u{1f98a}").unwrap()),
        birthdate: Some(Birthdate::parse("29022000").unwrap()),
        default_city: City::parse("Łódź").unwrap(),
    };
    let full = User {
        roles: roles(&["admin", "editor", "a.b-c_d:e/f"]),
        disabled: true,
        profile,
        time_zone: TimeZoneName::parse("Europe/Warsaw").unwrap(),
        created: at(-1),
        last_successful_login: Some(at(1)),
        last_failed_login: Some(at(2)),
        ..user_at(1, "Ada Lovelace", "Ada@Example.ORG")
    };
    for wanted in [full, user(2, "bob")] {
        store.does([Change::AddUser { user: wanted.clone(), password: hash("$argon2id$x") }]).await;
        let stored = store.user(wanted.id).await.unwrap();
        assert_eq!(stored.user, wanted);
        assert_eq!(stored.password.unwrap().expose(), "$argon2id$x");
        assert_eq!(stored.revision, 0);
    }
}

pub async fn a_key_belongs_to_a_user_as_what_it_is(store: Store) {
    store.adds(&user_at(1, "ada", "countess@example.org")).await;
    let (login, email) =
        (LoginName::parse("ada").unwrap().key(), EmailAddress::parse("countess@example.org").unwrap().key());
    for (key, kind, found) in [
        (&login, KeyKind::Login, true),
        (&login, KeyKind::Email, false),
        (&login, KeyKind::Any, true),
        (&email, KeyKind::Login, false),
        (&email, KeyKind::Email, true),
        (&email, KeyKind::Any, true),
    ] {
        assert_eq!(store.users.by_key(key, kind).await.unwrap().is_some(), found, "{key:?} as {kind:?}");
    }
}

pub async fn a_login_name_that_is_the_address_is_one_key(store: Store) {
    store.adds(&user_at(1, "Ada@example.org", "ada@Example.org")).await;
    assert_eq!(store.by_login("ada@example.org").await, Some(user_id(1)));
    assert_eq!(store.by_email("ada@example.org").await, Some(user_id(1)));
    store.does([Change::RemoveUser { user: user_id(1) }]).await;
    store.adds(&user_at(2, "ada@example.org", "ada@example.org")).await;
}

pub async fn a_login_name_is_taken_once(store: Store) {
    store.adds(&user(1, "Ada")).await;
    assert_eq!(store.conflict([add(&user_at(2, "aDA", "other@example.org"))]).await, Some(Conflict::LoginTaken));
}

pub async fn an_address_is_taken_once(store: Store) {
    store.adds(&user_at(1, "ada", "same@example.org")).await;
    assert_eq!(store.conflict([add(&user_at(2, "bob", "SAME@example.org"))]).await, Some(Conflict::EmailTaken));
}

pub async fn a_login_name_cannot_be_anothers_address(store: Store) {
    store.adds(&user_at(1, "ada", "ada@example.org")).await;
    let thief = user_at(2, "ada@example.org", "thief@example.org");
    assert_eq!(store.conflict([add(&thief)]).await, Some(Conflict::LoginTaken));
}

pub async fn an_address_cannot_be_anothers_login_name(store: Store) {
    store.adds(&user_at(1, "bob@example.org", "ada@example.org")).await;
    assert_eq!(store.conflict([add(&user_at(2, "bob", "bob@example.org"))]).await, Some(Conflict::EmailTaken));
}

pub async fn when_both_are_taken_the_login_name_is_told(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    assert_eq!(store.conflict([add(&user_at(3, "bob", "ada@example.org"))]).await, Some(Conflict::LoginTaken));
    let both = user_at(3, "ada@example.org", "ada@example.org");
    assert_eq!(store.conflict([add(&both)]).await, Some(Conflict::LoginTaken));
}

pub async fn a_refused_user_takes_nothing(store: Store) {
    store.adds(&user(1, "ada")).await;
    assert_eq!(store.conflict([add(&user_at(2, "bob", "ada@example.org"))]).await, Some(Conflict::EmailTaken));
    assert!(store.user(user_id(2)).await.is_none());
    store.adds(&user(3, "bob")).await;
    assert_eq!(store.by_login("bob").await, Some(user_id(3)));
}

pub async fn keys_that_look_alike_are_different_keys(store: Store) {
    // What databases' own comparison takes for equal: accents, width, ligatures, dotless letters, blanks at the end.
    let names = ["a", "ä", "ａ", "ss", "ß", "i", "ı", "a b", "a\u{200d}", "k\u{327}", "k", "ae", "æ", "_", "%", "a%"];
    for (number, name) in (1..).zip(names) {
        store.adds(&user_at(number, name, &format!("n{number}@example.org"))).await;
    }
    for (number, name) in (1..).zip(names) {
        assert_eq!(store.by_login(name).await, Some(user_id(number)), "{name}");
    }
}

pub async fn names_survive_in_any_script_and_at_full_length(store: Store) {
    let longest = "\u{1d518}".repeat(LoginName::MAX);
    // Lower case doubles this letter, so that its key is longer than the name.
    let growing = "\u{130}".repeat(LoginName::MAX);
    for (number, name) in (1..).zip(["Zażółć", "用户", "مستخدم", longest.as_str(), growing.as_str()]) {
        let user = user_at(number, name, &format!("n{number}@example.org"));
        store.adds(&user).await;
        assert_eq!(store.by_login(name).await, Some(user.id));
        assert_eq!(store.user(user.id).await.unwrap().user, user);
    }
    let address = format!("{}@{}.example.org", "l".repeat(64), vec!["d".repeat(57); 3].join("."));
    store.adds(&user_at(99, "long", &address)).await;
    assert_eq!(store.by_email(&address).await, Some(user_id(99)));
}

pub async fn a_removed_user_is_gone_and_their_keys_are_free(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    store.does([Change::RemoveUser { user: user_id(1) }]).await;
    assert!(store.user(user_id(1)).await.is_none());
    assert_eq!(store.by_login("ada").await, None);
    assert_eq!(store.by_email("ada@example.org").await, None);
    assert_eq!(store.by_login("bob").await, Some(user_id(2)));
    store.adds(&user(3, "ada")).await;
    assert_eq!(store.by_email("ada@example.org").await, Some(user_id(3)));
}

pub async fn removing_a_user_removes_their_login_tokens_and_not_their_sessions(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    store.does([(1, 1), (2, 1), (3, 2)].map(|(byte, of)| Change::AddLoginToken(login_token(byte, of)))).await;
    store.begins(&session_of(1, 1)).await;
    store.does([Change::RemoveUser { user: user_id(1) }]).await;
    for (byte, there) in [(1, false), (2, false), (3, true)] {
        assert_eq!(store.login_tokens.by_digest(&digest(byte)).await.unwrap().is_some(), there);
    }
    assert_eq!(store.session(session_of(1, 1).id).await, Some(session_of(1, 1)));
}

pub async fn a_new_password_moves_the_revision_on(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    for revision in 1..=3 {
        store.does([Change::SetPassword { user: user_id(1), password: hash(&format!("new {revision}")) }]).await;
        let stored = store.user(user_id(1)).await.unwrap();
        assert_eq!(stored.revision, revision);
        assert_eq!(stored.password.unwrap().expose(), format!("new {revision}"));
        assert_eq!(stored.user, user(1, "ada"));
    }
    let other = store.user(user_id(2)).await.unwrap();
    assert_eq!((other.revision, other.password.unwrap().expose()), (0, "a"));
}

pub async fn login_tokens_go_with_the_credentials(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    let user = user_id(1);
    for change in [Change::SetPassword { user, password: hash("b") }, Change::SetDisabled { user, disabled: true }] {
        let issued = [Change::AddLoginToken(login_token(1, 1)), Change::AddLoginToken(login_token(2, 2))];
        store.does(issued.into_iter().chain([change])).await;
        assert_eq!(store.login_tokens.by_digest(&digest(1)).await.unwrap(), None);
        assert!(store.login_tokens.by_digest(&digest(2)).await.unwrap().is_some(), "another user's stays");
        store.does([Change::SpendLoginToken(digest(2))]).await;
    }
}

pub async fn a_new_hash_of_the_old_password_does_not(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.does([Change::ReplaceHash { user: user_id(1), password: hash("dearer") }]).await;
    let stored = store.user(user_id(1)).await.unwrap();
    assert_eq!((stored.revision, stored.password.unwrap().expose()), (0, "dearer"));
}

pub async fn disabling_and_enabling_move_the_revision_on(store: Store) {
    store.adds(&user(1, "ada")).await;
    for (disabled, revision) in [(true, 1), (false, 2)] {
        store.does([Change::SetDisabled { user: user_id(1), disabled }]).await;
        let stored = store.user(user_id(1)).await.unwrap();
        assert_eq!((stored.user.disabled, stored.revision), (disabled, revision));
    }
}

pub async fn a_new_profile_is_all_there_and_moves_the_revision_on(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    store.does([Change::AddLoginToken(login_token(1, 1))]).await;
    let name = |text| PersonName::parse(text).ok();
    let full = Profile {
        sex: Sex::Female,
        name: name("Ada"),
        surname: name("Łovelace"),
        nickname: name("a"),
        birthdate: Birthdate::parse("10121815").ok(),
        default_city: City::parse("London").unwrap(),
    };
    for (revision, profile, zone) in [(1, full, "Europe/London"), (2, Profile::default(), "UTC")] {
        let time_zone = TimeZoneName::parse(zone).unwrap();
        let set = Change::SetProfile { user: user_id(1), profile: profile.clone(), time_zone: time_zone.clone() };
        store.does([set]).await;
        let stored = store.user(user_id(1)).await.unwrap();
        assert_eq!(stored.user, User { profile, time_zone, ..user(1, "ada") });
        assert_eq!((stored.revision, stored.password.unwrap().expose()), (revision, "a"));
    }
    assert!(store.login_tokens.by_digest(&digest(1)).await.unwrap().is_some());
    assert_eq!(store.user(user_id(2)).await.unwrap().user, user(2, "bob"));
}

pub async fn an_expected_user_is_there_in_that_revision(store: Store) {
    store.adds(&user(1, "ada")).await;
    let expect = |number, revision| [Change::ExpectUser { user: user_id(number), revision }];
    assert_eq!(store.conflict(expect(1, 0)).await, None);
    assert_eq!(store.conflict(expect(1, 1)).await, Some(Conflict::SubjectChanged));
    assert_eq!(store.conflict(expect(2, 0)).await, Some(Conflict::SubjectChanged));
    store.does([Change::SetPassword { user: user_id(1), password: hash("b") }]).await;
    assert_eq!(store.conflict(expect(1, 0)).await, Some(Conflict::SubjectChanged));
    assert_eq!(store.conflict(expect(1, 1)).await, None);
}

pub async fn what_is_done_to_nobody_is_missing(store: Store) {
    store.adds(&user(2, "bob")).await;
    let user = user_id(1);
    for change in [
        Change::SetPassword { user, password: hash("b") },
        Change::ReplaceHash { user, password: hash("b") },
        Change::SetDisabled { user, disabled: true },
        Change::SetProfile { user, profile: Profile::default(), time_zone: TimeZoneName::default() },
        Change::GrantRole { user, role: RoleName::admin() },
        Change::WithdrawRole { user, role: RoleName::admin() },
        Change::RemoveUser { user },
    ] {
        assert_eq!(store.conflict([change]).await, Some(Conflict::Missing));
    }
}

pub async fn logins_are_noted_by_their_outcome(store: Store) {
    store.adds(&user(1, "ada")).await;
    store.adds(&user(2, "bob")).await;
    let record =
        |millis, succeeded| [Change::RecordLogin { subject: Subject::User(user_id(1)), at: at(millis), succeeded }];
    store.does(record(1, false)).await;
    let failed = User { last_failed_login: Some(at(1)), ..user(1, "ada") };
    assert_eq!(store.user(user_id(1)).await.unwrap().user, failed);
    store.does(record(2, true)).await;
    let stored = store.user(user_id(1)).await.unwrap();
    assert_eq!(stored.user, User { last_successful_login: Some(at(2)), ..failed });
    assert_eq!(stored.revision, 0);
    assert_eq!(store.user(user_id(2)).await.unwrap().user, user(2, "bob"));
}

pub async fn an_earlier_login_noted_later_changes_nothing(store: Store) {
    store.adds(&user(1, "ada")).await;
    for millis in [5, 3] {
        let subject = Subject::User(user_id(1));
        store.does([Change::RecordLogin { subject, at: at(millis), succeeded: true }]).await;
    }
    assert_eq!(store.user(user_id(1)).await.unwrap().user.last_successful_login, Some(at(5)));
}

pub async fn logins_of_nobody_are_no_conflict(store: Store) {
    let nobody = [Subject::Anonymous, Subject::Setup, Subject::User(user_id(1)), Subject::Node(node_id(1))];
    store.does(nobody.map(|subject| Change::RecordLogin { subject, at: at(1), succeeded: true })).await;
}
