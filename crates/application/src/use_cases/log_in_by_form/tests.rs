use std::collections::BTreeSet;

use vestibule_domain::form::{FieldRules, FormConfiguration, Violation};

use super::*;
use crate::{
    api::SessionApi,
    testing::{NOW, World, bearer, here, refusal, role, token},
};

const CREATE: &str = "reference_rest_api_create_sessions";

/// A world with the shipped forms and a program whose API token is 1.
fn with_program() -> World {
    World::new().with_program(1)
}

fn values(email: &str, password: &str) -> BTreeMap<String, String> {
    [("email", email), ("password", password)].map(|(field, value)| (field.to_owned(), value.to_owned())).into()
}

fn command() -> Command {
    Command {
        caller: here(),
        api_token: Some(token(1)),
        form: FormName::parse(CREATE).ok(),
        values: Some(values("Alice@x.test", "right")),
        device: DeviceName::default(),
        current: Current::None,
    }
}

fn create_form(world: &World, change: impl FnOnce(&mut FormConfiguration)) {
    let mut state = world.state();
    change(state.forms.iter_mut().find(|form| form.name.as_str() == CREATE).unwrap());
}

async fn refused(world: &World, command: Command) -> String {
    refusal(world.service().log_in_by_form(command).await)
}

#[tokio::test]
async fn a_program_logs_a_user_in_by_address() {
    let world = with_program().with_seal(6);
    let begun = world.service().log_in_by_form(Command { current: Current::Replace(bearer(6)), ..command() }).await;
    let begun = begun.ok().unwrap();
    assert!(matches!(begun.view.principal, Principal::User(user) if user.login.as_str() == "alice"));
    assert!(begun.token == token(0xa0) && begun.signed.is_none());
    let unit = world.unit();
    assert_eq!(unit[0], "expect user 1 in 3");
    assert!(unit[1].starts_with("begin 6 under 6") && unit[1].ends_with("ended replaced"), "{unit:?}");
    assert_eq!(unit[2], "begin f0 under a0: user 1 in 1, +36000, idle 3600");
}

#[tokio::test]
async fn mistakes_are_found_in_the_order_of_the_errors() {
    let world = with_program();
    create_form(&world, |form| form.roles = BTreeSet::from([role("admin")]));
    world.state().users[1].user.disabled = true;
    let with = |email, password| Command { values: Some(values(email, password)), ..command() };
    // Each has the mistakes that are found later, too.
    let everything = Command { api_token: None, form: None, ..with("nobody", "") };
    assert_eq!(refused(&world, everything).await, "UnknownClient");
    assert_eq!(refused(&world, Command { form: None, ..with("nobody", "") }).await, "UnusableForm");
    assert_eq!(refused(&world, with("nobody", "wrong")).await, "Invalid({\"email\": [Invalid]})");
    assert!(world.journal().iter().all(|entry| !entry.starts_with("charge")), "no credential was looked at");
    assert_eq!(refused(&world, with("carol@x.test", "wrong")).await, "UnknownLogin");
    assert_eq!(refused(&world, with("bob@x.test", "wrong")).await, "WrongPassword");
    assert_eq!(refused(&world, with("bob@x.test", "right")).await, "Disabled");
    assert_eq!(refused(&world, with("alice@x.test", "right")).await, "NotAdmitted");
    world.state().busy = Some("verify");
    assert_eq!(refused(&world, with("bob@x.test", "right")).await, "Overloaded { retry_after: 7s }");
    world.state().exhausted = true;
    assert_eq!(refused(&world, with("bob@x.test", "right")).await, "Throttled { retry_after: 7s }");
    assert!(world.units().concat().iter().all(|change| !change.contains("begin")), "nobody got a session");
}

/// T002-1.
#[tokio::test]
async fn only_programs_with_a_good_api_token_may_call() {
    let expired = with_program();
    expired.state().clients[0].1.expires = Some(NOW);
    let revoked = with_program();
    revoked.state().clients[0].1.revoked = Some(NOW);
    let cases = [
        (with_program(), None),
        (with_program(), Some(token(2))),
        (expired, Some(token(1))),
        (revoked, Some(token(1))),
    ];
    for (world, api_token) in cases {
        assert_eq!(refused(&world, Command { api_token, ..command() }).await, "UnknownClient");
    }
}

/// T002-5.
#[tokio::test]
async fn a_form_is_usable_for_its_own_action_and_with_values() {
    let form = |name| Command { form: FormName::parse(name).ok(), ..command() };
    let without_values = Command { values: None, ..command() };
    for command in [form("reference_rest_api_delete_sessions"), form("unheard_of"), form("not a name"), without_values]
    {
        assert_eq!(refused(&with_program(), command).await, "UnusableForm");
    }
}

#[tokio::test]
async fn every_violation_is_told_by_field() {
    let refused = with_program().service().log_in_by_form(Command { values: Some(BTreeMap::new()), ..command() }).await;
    let Err(Error::Invalid(violations)) = refused else { panic!("not refused for its values") };
    assert_eq!(violations["email"], [Violation::Blank]);
    assert_eq!(violations["password"], [Violation::Blank]);
}

#[tokio::test]
async fn a_form_that_demands_nothing_lets_nobody_in_without_credentials() {
    let world = with_program();
    create_form(&world, |form| form.fields = BTreeMap::from([("note".to_owned(), FieldRules::default())]));
    assert_eq!(refused(&world, Command { values: Some(values("", "right")), ..command() }).await, "UnknownLogin");
    let long = "x".repeat(Password::MAX_BYTES + 1);
    for password in ["", &long] {
        assert_eq!(
            refused(&world, Command { values: Some(values("alice@x.test", password)), ..command() }).await,
            "WrongPassword"
        );
    }
    assert!(world.journal().iter().all(|entry| entry.starts_with("find client") || entry.starts_with("find form")));
}

#[tokio::test]
async fn a_form_for_a_role_admits_whoever_has_it() {
    let world = with_program();
    create_form(&world, |form| form.roles = BTreeSet::from([role("editor"), role("admin")]));
    assert!(world.service().log_in_by_form(command()).await.is_ok());
}
