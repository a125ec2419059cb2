use super::*;
use crate::{
    api::AccountApi,
    ports::Conflict,
    testing::{World, here, key, password, refusal},
};

fn command(present: &str, new: &str) -> Command {
    Command { caller: here(), login: key("alice"), password: password(present), new_password: password(new) }
}

async fn refused(world: &World, command: Command) -> String {
    refusal(world.service().change_password(command).await)
}

const SET: [&str; 5] = [
    "expect user 1 in 3",
    "password of user 1: Standard k7#qzw",
    "know here for user 1",
    "end all of user 1: subject_changed",
    "record password_changed: user 1",
];

#[tokio::test]
async fn the_password_is_set_and_every_session_ends_in_one_unit() {
    let world = World::new();
    world.service().change_password(command("right", "k7#qzw")).await.ok().unwrap();
    assert_eq!(world.unit(), SET);
}

#[tokio::test]
async fn users_are_known_by_either_of_their_keys_and_nodes_have_none() {
    let by_address = Command { login: key("ALICE@x.test"), ..command("right", "k7#qzw") };
    assert!(World::new().service().change_password(by_address).await.is_ok());
    let node = Command { login: key("backup"), ..command("secret", "k7#qzw") };
    assert_eq!(refused(&World::new(), node).await, "UnknownLogin");
}

#[tokio::test]
async fn without_the_present_password_nothing_changes_and_the_attempt_is_counted_and_noted() {
    for (login, subject, why) in [("alice", "user 1", "WrongPassword"), ("carol", "nobody", "UnknownLogin")] {
        let world = World::new();
        let command = Command { login: key(login), ..command("wrong", "k7#qzw") };
        assert_eq!(refused(&world, command).await, why);
        let unit = world.unit();
        assert_eq!(unit[1..], [format!("record authentication_failed: {subject}")], "{unit:?}");
        let journal = world.journal();
        assert!(journal[1].starts_with("charge login to "), "{journal:?}");
        assert!(!journal.iter().any(|entry| entry.starts_with("refund") || entry == "hash"), "{journal:?}");
    }
}

#[tokio::test]
async fn what_is_wrong_with_the_new_password_is_told_to_who_knows_the_present_one_only() {
    for new in ["k7#qz", "123456", "alice@x.test"] {
        let world = World::new();
        let told = refused(&world, command("right", new)).await;
        assert!(told.starts_with("TooSimple("), "{told}");
        assert!(world.units().is_empty() && !world.journal().contains(&"hash".to_owned()));
        assert_eq!(refused(&World::new(), command("wrong", new)).await, "WrongPassword");
    }
}

#[tokio::test]
async fn a_disabled_user_cannot_change_anything() {
    let world = World::new();
    world.state().users[0].user.disabled = true;
    assert_eq!(refused(&world, command("right", "k7#qzw")).await, "Disabled");
    assert!(world.unit().iter().all(|change| !change.starts_with("password")));
}

#[tokio::test]
async fn a_password_that_changed_meanwhile_is_a_wrong_one() {
    let world = World::new();
    world.meanwhile(Conflict::SubjectChanged, |_| {});
    assert_eq!(refused(&world, command("right", "k7#qzw")).await, "WrongPassword");
    assert_eq!(world.unit(), SET, "it is not tried again");
}

#[tokio::test]
async fn a_hasher_that_is_too_busy_is_said_so() {
    for busy in ["verify", "hash"] {
        let world = World::new();
        world.state().busy = Some(busy);
        assert_eq!(refused(&world, command("right", "k7#qzw")).await, "Overloaded { retry_after: 7s }");
        assert!(world.units().is_empty());
    }
}
