//! Laws that hold for every operation.

mod equal_work;

use std::{collections::BTreeMap, fmt::Debug};

use vestibule_domain::{
    form::FormName,
    login_token::LoginToken,
    session::{DeviceName, Subject},
    user::{EmailAddress, Login, Profile},
};

use super::*;
use crate::{
    api::{Binding, Current},
    ports::SetupState,
    testing::{ALICE, NOW, RESET, World, bearer, digest, here, key, password, refusal, secs, token},
};

const OPERATIONS: [&str; 14] = [
    "start_session",
    "describe_session",
    "sign_out",
    "authenticate_session",
    "log_in",
    "log_in_with_token",
    "log_in_by_form",
    "end_session",
    "end_session_by_form",
    "register",
    "check_status",
    "describe_user",
    "change_password",
    "reset_password",
];

/// A world in which every operation succeeds, on Alice's session 5.
fn world(operation: &str) -> World {
    let world = World::new().with_row(5, ALICE).with_program(1);
    {
        let mut state = world.state();
        let Subject::User(user) = ALICE else { panic!("not a user") };
        let token = |digest| LoginToken { digest, user, issued: NOW, expires: NOW.plus(secs(60)) };
        state.login_tokens.extend([token(digest(3)), token(digest(RESET + 3))]);
        if operation == "start_session" {
            state.setup = SetupState::Unconfigured;
        }
    }
    world
}

fn answer<T, E: Debug>(result: Result<T, E>) -> Result<(), String> {
    if result.is_ok() { Ok(()) } else { Err(refusal(result)) }
}

async fn run(world: &World, operation: &str, typed: &str) -> Result<(), String> {
    let service = world.service();
    let (caller, bearer, device) = (here(), bearer(5), DeviceName::default());
    let current = Current::Upgrade { bearer: bearer.clone(), rotate: false };
    let (login, password) = (Login::Name(key("alice")), password(typed));
    let form = |name| FormName::parse(name).ok();
    match operation {
        "start_session" => {
            let setup = Some(start_session::SetupClaim { local: true, secret: None });
            let guarding = start_session::Guarding::None;
            answer(service.start_session(start_session::Command { caller, guarding, setup }).await)
        }
        "describe_session" => answer(service.describe_session(describe_session::Command { caller, bearer }).await),
        "sign_out" => answer(service.sign_out(sign_out::Command { caller, bearer }).await),
        "authenticate_session" => {
            let credentials = authenticate_session::Credentials::Password { login, password };
            let binding = Binding::Free;
            let command = authenticate_session::Command { caller, bearer, credentials, device, binding, rotate: false };
            answer(service.authenticate_session(command).await)
        }
        "log_in" => {
            let command = log_in::Command { caller, login, password, device, needs: None, current, signed: true };
            answer(service.log_in(command).await)
        }
        "log_in_with_token" => {
            let token = Some(token(if typed == "right" { 3 } else { 4 }));
            let command = log_in_with_token::Command { caller, token, device, current };
            answer(service.log_in_with_token(command).await)
        }
        "log_in_by_form" => {
            let values = [("email", "alice@x.test"), ("password", typed)];
            let values = BTreeMap::from(values.map(|(field, value)| (field.to_owned(), value.to_owned())));
            let form = form("reference_rest_api_create_sessions");
            let (api_token, values) = (Some(token(1)), Some(values));
            let command = log_in_by_form::Command { caller, api_token, form, values, device, current };
            answer(service.log_in_by_form(command).await)
        }
        "end_session" => answer(service.end_session(end_session::Command { caller, bearer }).await),
        "end_session_by_form" => {
            let form = form("reference_rest_api_delete_sessions");
            let (api_token, bearer) = (Some(token(1)), Some(bearer));
            let command = end_session_by_form::Command { caller, api_token, form, bearer };
            answer(service.end_session_by_form(command).await)
        }
        "register" => {
            let email = EmailAddress::parse("carol@x.test").unwrap();
            let profile = Profile::default();
            let password = crate::testing::password("k7#qzw");
            let command = register::Command { caller, email, password, profile, device, current };
            answer(service.register(command).await)
        }
        "check_status" => answer(service.check_status(check_status::Command).await),
        "describe_user" => answer(service.describe_user(describe_user::Command { caller, bearer }).await),
        "change_password" => {
            let new_password = crate::testing::password("k7#qzw");
            let command = change_password::Command { caller, login: key("alice"), password, new_password };
            answer(service.change_password(command).await)
        }
        "reset_password" => {
            let token = Some(token(if typed == "right" { 3 } else { 4 }));
            let new_password = crate::testing::password("k7#qzw");
            answer(service.reset_password(reset_password::Command { caller, token, new_password }).await)
        }
        unknown => panic!("{unknown}"),
    }
}

#[tokio::test]
async fn a_store_that_fails_at_whatever_moment_is_told_and_never_mistaken_for_an_answer() {
    for operation in OPERATIONS {
        for typed in ["right", "wrong"] {
            let undisturbed = world(operation);
            let _ = run(&undisturbed, operation, typed).await;
            let calls = undisturbed.state().store_calls;
            assert!(calls > 0, "{operation}");
            for call in 0..calls {
                let world = world(operation);
                world.state().fails_at = Some(call);
                let answer = run(&world, operation, typed).await;
                let journal = world.journal();
                assert!(
                    matches!(&answer, Err(why) if why.starts_with("Store(")),
                    "{operation} {journal:?}: {answer:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn every_operation_succeeds_when_nothing_is_wrong_and_writes_at_most_one_unit() {
    for operation in OPERATIONS {
        let world = world(operation);
        assert_eq!(run(&world, operation, "right").await, Ok(()), "{operation}");
        assert!(world.units().len() <= 1, "{operation}");
    }
}

#[tokio::test]
async fn only_the_right_credentials_begin_a_session_or_set_a_password() {
    let operations = OPERATIONS.into_iter().filter(|operation| {
        operation.starts_with("log_in") || operation.ends_with("password") || *operation == "authenticate_session"
    });
    for operation in operations {
        let world = world(operation);
        assert!(run(&world, operation, "wrong").await.is_err(), "{operation}");
        let unit = world.unit();
        assert!(
            unit.iter().all(|change| change.starts_with("login of") || change.starts_with("record auth")),
            "{unit:?}"
        );
    }
}
