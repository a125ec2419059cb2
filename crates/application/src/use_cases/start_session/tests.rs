use vestibule_domain::{
    rights::{Rights, system_rights},
    session::{Bearer, GuardTag, Subject},
};

use super::*;
use crate::{
    api::{AtHandApi, SessionApi},
    ports::SetupState,
    testing::{Hand, LIFETIMES, NOW, SEALED, World, digest, here, refusal, rights, secs, token},
    use_cases::describe_session,
    view::Principal,
};

fn command(setup: Option<SetupClaim>) -> Command {
    Command { caller: here(), guarding: Guarding::None, setup }
}

fn local() -> SetupClaim {
    SetupClaim { local: true, secret: None }
}

fn holder_of(byte: u8) -> SetupClaim {
    SetupClaim { local: false, secret: Some(token(byte)) }
}

fn unconfigured() -> World {
    let world = World::new();
    world.state().setup = SetupState::Unconfigured;
    world.state().setup_secret = Some(digest(1));
    world
}

/// T000-10.
#[tokio::test]
async fn an_anonymous_session_is_sealed_and_nothing_is_written() {
    let world = World::new();
    let begun = world.service().start_session(command(None)).await.unwrap_or_else(|error| panic!("{error}"));
    assert!(begun.token == token(SEALED) && begun.guard.is_none());
    assert_eq!((begun.view.principal, begun.view.rights), (Principal::Anonymous, Rights::new()));
    assert_eq!((begun.view.session.device.as_str(), begun.view.latest_message), ("Unknown", 42));
    let expires = NOW.plus(LIFETIMES.anonymous);
    assert_eq!(world.state().sealed, [Seal { origin: here().origin, expires, setup: false, guard: None }]);
    assert_eq!(world.journal(), ["charge beginning from here", "latest message"]);
}

#[tokio::test]
async fn what_is_said_of_a_session_at_its_beginning_is_what_its_token_says() {
    for setup in [None, Some(local())] {
        let world = unconfigured();
        let service = world.service();
        let begun = service.start_session(command(setup)).await.ok().unwrap();
        let sealed = world.state().sealed.remove(0);
        world.state().seals.push((SEALED, sealed));
        let bearer = Bearer::Opaque(begun.token);
        let told = service.describe_session(describe_session::Command { caller: here(), bearer }).await.unwrap();
        assert_eq!(told, begun.view);
    }
}

#[tokio::test]
async fn a_browser_keeps_its_guard_or_gets_one() {
    for (known, expected) in [(None, 0xa0), (Some(token(9)), 9)] {
        let world = World::new();
        let command = Command { guarding: Guarding::Browser(known), ..command(None) };
        let begun = world.service().start_session(command).await.ok().unwrap();
        assert!(begun.guard == Some(token(expected)));
        assert_eq!(world.state().sealed[0].guard.map(GuardTag::bits), Some(expected.into()));
        assert_eq!(begun.view.session.guard, world.state().sealed[0].guard);
    }
}

#[tokio::test]
async fn whoever_is_local_or_has_the_secret_may_set_up_a_system_without_users() {
    for claim in [local(), holder_of(1)] {
        let world = unconfigured();
        let view = world.service().start_session(command(Some(claim))).await.ok().unwrap().view;
        assert_eq!((view.principal, view.session.subject), (Principal::Setup, Subject::Setup));
        assert_eq!(view.rights, &system_rights() | &rights(["all", "back-up", "edit"]), "those of every role too");
        assert_eq!(view.session.expires, NOW.plus(secs(15 * 60)));
        assert!(world.state().sealed[0].setup);
        assert!(world.units().is_empty());
    }
}

/// T000-1.
#[tokio::test]
async fn nobody_else_may() {
    let without_secret = unconfigured();
    without_secret.state().setup_secret = None;
    let cases = [
        (unconfigured(), None),
        (unconfigured(), Some(SetupClaim::default())),
        (unconfigured(), Some(holder_of(2))),
        (without_secret, Some(holder_of(1))),
    ];
    for (world, claim) in cases {
        let view = world.service().start_session(command(claim)).await.ok().unwrap().view;
        assert_eq!((view.principal, view.rights), (Principal::Anonymous, Rights::new()));
        assert!(!world.state().sealed[0].setup);
    }
}

/// T000-1.
#[tokio::test]
async fn the_secret_is_good_once() {
    let world = unconfigured();
    let service = world.service();
    for (byte, expected) in [(2, Subject::Anonymous), (1, Subject::Setup), (1, Subject::Anonymous)] {
        let view = service.start_session(command(Some(holder_of(byte)))).await.ok().unwrap().view;
        assert_eq!(view.session.subject, expected);
    }
    // Who is local needs none.
    assert_eq!(service.start_session(command(Some(local()))).await.ok().unwrap().view.principal, Principal::Setup);
}

#[tokio::test]
async fn a_configured_system_grants_nothing_to_anybody() {
    for claim in [local(), holder_of(1)] {
        let world = unconfigured();
        world.state().setup = SetupState::Configured;
        let view = world.service().start_session(command(Some(claim))).await.ok().unwrap().view;
        assert_eq!((view.principal, view.rights), (Principal::Anonymous, Rights::new()));
        assert!(!world.state().sealed[0].setup);
    }
}

/// T000-1.
#[tokio::test]
async fn a_grant_is_worth_nothing_from_the_first_user_on() {
    let world = unconfigured();
    let service = world.service();
    let begun = service.start_session(command(Some(local()))).await.ok().unwrap();
    let sealed = world.state().sealed.remove(0);
    world.state().seals.push((SEALED, sealed));
    world.state().setup = SetupState::Configured;
    let bearer = Bearer::Opaque(begun.token);
    let view = service.describe_session(describe_session::Command { caller: here(), bearer }).await.unwrap();
    assert_eq!((view.principal, view.rights), (Principal::Anonymous, Rights::new()));
}

/// T000-1.
#[tokio::test]
async fn a_store_that_cannot_say_whether_there_are_users_grants_nothing() {
    for call in 0..3 {
        let world = unconfigured();
        world.state().fails_at = Some(call);
        let refused = refusal(world.service().start_session(command(Some(local()))).await);
        assert!(refused.starts_with("Store("), "{refused}");
    }
}

#[tokio::test]
async fn t000_10_so_many_sessions_begin_from_one_place_unless_it_is_this_machine() {
    let world = World::new();
    world.state().exhausted = true;
    assert_eq!(refusal(world.service().start_session(command(None)).await), "Throttled { retry_after: 7s }");
    assert!(world.state().sealed.is_empty());
    for address in ["127.0.0.1", "::1", "::ffff:127.0.0.1"] {
        let caller = Caller { address: address.parse().unwrap(), ..here() };
        assert!(world.service().start_session(Command { caller, ..command(None) }).await.is_ok(), "{address}");
    }
}

#[tokio::test]
async fn once_the_system_was_seen_set_up_the_store_is_not_asked_again() {
    let world = World::new();
    let service = world.service();
    let mut asked = Vec::new();
    for _ in 0..3 {
        world.state().store_calls = 0;
        service.start_session(command(Some(local()))).await.unwrap_or_else(|error| panic!("{error}"));
        asked.push(world.state().store_calls);
    }
    assert_eq!(asked, [2, 1, 1], "the state and the newest message, then the message alone");
}

#[tokio::test]
async fn a_session_begins_at_hand_as_it_does_by_asking() {
    let world = World::new();
    world.state().at_hand = Hand::Everything;
    let service = world.service();
    assert!(service.started(command(Some(local())), None).is_none(), "nobody knows yet whether the system is set up");
    let asked = service.start_session(command(Some(local()))).await.unwrap_or_else(|error| panic!("{error}"));
    world.state().journal.clear();
    for claim in [Some(local()), None] {
        let at_hand = service.started(command(claim), None).unwrap();
        assert_eq!(at_hand.view, asked.view);
        assert!(at_hand.token == asked.token && at_hand.guard.is_none());
    }
    assert_eq!(world.journal(), ["charge beginning from here"; 2].map(str::to_owned));
    assert!(world.state().sealed.iter().all(|seal| !seal.setup));
}

#[tokio::test]
async fn no_session_begins_at_hand_that_is_not_charged_or_may_set_the_system_up() {
    let exhausted = World::new();
    exhausted.state().exhausted = true;
    let service = exhausted.service();
    exhausted.state().at_hand = Hand::Everything;
    assert!(service.started(command(None), None).is_none());
    let open = unconfigured();
    open.state().at_hand = Hand::Everything;
    let service = open.service();
    assert!(service.start_session(command(Some(local()))).await.is_ok());
    assert!(service.started(command(Some(local())), None).is_none());
    assert!(World::new().service().started(command(None), None).is_none(), "how long the log is has to be asked");
}
