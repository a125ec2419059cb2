use super::*;
use crate::{
    api::SessionApi,
    testing::{ALICE, NOW, World, bearer, here, refusal, token},
};

fn with_program() -> World {
    World::new().with_row(5, ALICE).with_program(1)
}

fn command() -> Command {
    Command {
        caller: here(),
        api_token: Some(token(1)),
        form: FormName::parse("reference_rest_api_delete_sessions").ok(),
        bearer: Some(bearer(5)),
    }
}

async fn ended(world: &World, command: Command) -> Result<Outcome, Error> {
    world.service().end_session_by_form(command).await
}

#[tokio::test]
async fn a_program_ends_the_session_that_came_with_the_request() {
    let world = with_program();
    ended(&world, command()).await.unwrap();
    assert_eq!(world.unit(), ["end 5: signed_out", "record session_ended:signed_out of 5: user 1"]);
}

#[tokio::test]
async fn where_there_is_no_session_nothing_is_to_be_ended() {
    let world = with_program();
    for bearer in [None, Some(bearer(9))] {
        ended(&world, Command { bearer, ..command() }).await.unwrap();
    }
    assert!(world.units().is_empty());
}

#[tokio::test]
async fn the_program_is_refused_before_the_form_and_both_before_the_session() {
    let world = with_program();
    let form = |name| FormName::parse(name).ok();
    let cases = [
        (Command { api_token: None, form: None, ..command() }, "UnknownClient"),
        (Command { api_token: Some(token(2)), ..command() }, "UnknownClient"),
        (Command { form: None, ..command() }, "UnusableForm"),
        (Command { form: form("unheard_of"), ..command() }, "UnusableForm"),
        (Command { form: form("reference_rest_api_create_sessions"), ..command() }, "UnusableForm"),
    ];
    for (command, expected) in cases {
        assert_eq!(refusal(ended(&world, command).await), expected);
    }
    world.state().clients[0].1.revoked = Some(NOW);
    assert_eq!(refusal(ended(&world, command()).await), "UnknownClient");
    assert!(world.units().is_empty());
}

#[tokio::test]
async fn an_end_that_could_not_be_written_is_no_end() {
    let world = with_program();
    world.state().fails_at = Some(3);
    assert!(refusal(ended(&world, command()).await).starts_with("Store("));
}
