//! Users from other systems.

use super::*;
use crate::operator::import::{Arrival, Newcomer};

fn newcomer(login: &str, email: &str, hash: &str, roles: &[&str]) -> Newcomer {
    Newcomer {
        login: LoginName::parse(login).unwrap(),
        email: EmailAddress::parse(email).unwrap(),
        password: PasswordHash::new(hash),
        roles: roles.iter().map(|name| role(name)).collect(),
        disabled: true,
        time_zone: TimeZoneName::default(),
    }
}

/// A world with Alice, and no role.
fn world() -> World {
    let mut world = World::with_alice(|_| ());
    world.roles.expect_named().returning(|_| Ok(Vec::new()));
    world
}

fn in_words(result: Result<Arrival, Error>) -> String {
    match result {
        Ok(Arrival::Added) => "added".to_owned(),
        Ok(Arrival::Known(email)) => format!("known as {}", email.as_str()),
        Err(error) => error.to_string(),
    }
}

#[tokio::test]
async fn a_newcomer_is_added_with_the_hash_they_bring() {
    let world = world();
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let mut import = operator.import(false);
    for (login, roles) in [("bob", vec!["staff"]), ("carol", vec!["staff", "admin"])] {
        let newcomer = newcomer(login, &format!("{login}@example.test"), "$2b$hash", &roles);
        assert_eq!(in_words(import.user(newcomer).await), "added");
    }
    assert_eq!(joined(import.created_roles()), "admin,staff");
    let expected = [
        "role staff there",
        "add bob bob@example.test [staff] $2b$hash",
        "record user_added user ff",
        "role admin there",
        "role staff there",
        "add carol carol@example.test [admin,staff] $2b$hash",
        "record user_added user ff",
    ];
    assert_eq!(taken(&written), expected);
}

#[tokio::test]
async fn whoever_is_there_already_stays_as_they_are() {
    for rehearsal in [false, true] {
        let world = world();
        let written = Arc::clone(&world.written);
        let operator = world.operator();
        let mut import = operator.import(rehearsal);
        let mut outcome = async |login, email| in_words(import.user(newcomer(login, email, "hash", &[])).await);
        assert_eq!(outcome("ALICE", "alice@example.test").await, "known as alice@example.test");
        assert_eq!(outcome("alice", "other@example.test").await, "known as alice@example.test");
        assert!(outcome("other", "Alice@example.test").await.contains("e-mail address Alice@example.test"));
        assert!(outcome("alice@example.test", "other@example.test").await.contains("login name alice@example.test"));
        assert_eq!(taken(&written), [""; 0]);
    }
}

#[tokio::test]
async fn a_rehearsal_writes_nothing_and_finds_whoever_comes_twice() {
    let world = world();
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let mut import = operator.import(true);
    for (login, email, expected) in [
        ("bob", "bob@example.test", "added"),
        ("Bob", "robert@example.test", "known as bob@example.test"),
        ("robert", "BOB@example.test", "another user has the e-mail address"),
        ("robert", "bob@example.test", "another user has the e-mail address"),
        ("bob@example.test", "robert@example.test", "another user has the login name"),
        ("robert", "robert@example.test", "added"),
    ] {
        let outcome = in_words(import.user(newcomer(login, email, "hash", &["staff"])).await);
        assert!(outcome.starts_with(expected), "{login} {email}: {outcome}");
    }
    assert_eq!(joined(import.created_roles()), "staff");
    assert_eq!(taken(&written), [""; 0]);
}

#[tokio::test]
async fn a_hash_that_could_not_be_compared_with_is_refused_at_once() {
    let world = world();
    let written = Arc::clone(&world.written);
    let operator = world.operator();
    let outcome = in_words(operator.import(false).user(newcomer("bob", "bob@example.test", "strange", &[])).await);
    assert_eq!(outcome, "the password hash cannot be taken over: its format is not known here");
    assert_eq!(taken(&written), [""; 0]);
}
