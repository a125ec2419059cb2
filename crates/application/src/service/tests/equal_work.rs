//! TM1: whoever guesses learns nothing from how much work it took to refuse them. What was asked of the ports is counted,
//! not timed: reads, charges, comparisons and what was written, for every way to log in and every state of an account.

use std::sync::Arc;

use async_trait::async_trait;
use vestibule_domain::{
    node::{NodeId, NodeName, NodeRef},
    secret::{Password, PasswordHash},
};

use super::*;
use crate::ports::{Against, HashError, HashProfile, UnusableHash, Verdict};

/// Ways to log in with a login and a password.
const WAYS: [&str; 6] = ["by login", "by address", "by either", "by form", "a session", "a node"];

/// What an account may be like to somebody who does not know its password.
const ACCOUNTS: [&str; 6] = ["there", "unknown", "disabled", "without a password", "unusable", "outdated"];

/// What else may be in the way.
const TIMES: [&str; 3] = ["usual", "throttled", "overloaded"];

fn world(way: &str, account: &str, time: &str) -> Option<World> {
    let world = World::new().with_seal(6).with_program(1);
    {
        let mut state = world.state();
        // In the midst of a rotation a node has two secrets, and takes two comparisons of what is random already.
        state.nodes[0].secrets.previous = None;
        match (account, way) {
            ("unusable", "a node") => state.nodes[0].secrets.current = PasswordHash::new("broken"),
            ("there" | "unknown", _) => {}
            // Nodes know no such thing.
            (_, "a node") => return None,
            ("disabled", _) => state.users[0].user.disabled = true,
            ("without a password", _) => state.users[0].password = None,
            ("unusable", _) => state.users[0].password = Some(PasswordHash::new("broken")),
            ("outdated", _) => state.users[0].password = Some(PasswordHash::new("old:right")),
            unknown => panic!("{unknown:?}"),
        }
        state.exhausted = time == "throttled";
        state.busy = (time == "overloaded").then_some("verify");
    }
    Some(world)
}

/// Guesses, and gives back why that was refused and what it took, each thing by its kind.
async fn guess(world: &World, service: &Service, way: &str, known: bool, typed: &str) -> (String, Vec<String>) {
    let (caller, device, password) = (here(), DeviceName::default(), Password::parse(typed));
    let (name, email) = if known { ("alice", "alice@x.test") } else { ("carol", "carol@x.test") };
    let login = match way {
        "by login" => Login::Name(key(name)),
        "by address" => Login::Email(key(email)),
        "a node" if known => Login::Node(NodeRef::Name(NodeName::parse("backup").unwrap())),
        "a node" => Login::Node(NodeRef::Id(NodeId::from_uuid(uuid::Uuid::from_u128(8)))),
        _ => Login::Any(key(name)),
    };
    let why = match way {
        "by form" => {
            let values =
                [("email", email), ("password", typed)].map(|(field, value)| (field.to_owned(), value.to_owned()));
            let (values, form) = (Some(values.into()), FormName::parse("reference_rest_api_create_sessions").ok());
            let (api_token, current) = (Some(token(1)), Current::None);
            refusal(
                service
                    .log_in_by_form(log_in_by_form::Command { caller, api_token, form, values, device, current })
                    .await,
            )
        }
        "a session" => {
            let credentials = authenticate_session::Credentials::Password { login, password: password.ok().unwrap() };
            let (bearer, binding) = (bearer(6), Binding::Free);
            let command = authenticate_session::Command { caller, bearer, credentials, device, binding, rotate: false };
            refusal(service.authenticate_session(command).await)
        }
        _ => {
            let (password, current) = (password.ok().unwrap(), Current::None);
            let command = log_in::Command { caller, login, password, device, needs: None, current, signed: false };
            refusal(service.log_in(command).await)
        }
    };
    // Two words, unless the second says whose it was.
    let kind = |entry: &String| {
        let words = entry.split(' ').take(2).map(|word| word.trim_end_matches([':', ',']));
        let is_word = |word: &&str| word.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b'_');
        words.filter(is_word).collect::<Vec<_>>().join(" ")
    };
    let asked = world.journal().iter().map(kind).collect::<Vec<_>>();
    let written = world.units().concat().iter().map(kind).collect::<Vec<_>>();
    (why, [asked, written].concat())
}

/// The cases in which an account takes other work than one that is there, and how many there are; `sabotage` may put
/// something in front of a hasher.
async fn differences(sabotage: impl Fn(Ports) -> Ports) -> (Vec<String>, usize) {
    let (mut different, mut cases) = (Vec::new(), 0);
    for way in WAYS {
        for time in TIMES {
            let mut expected = None;
            for account in ACCOUNTS {
                let Some(world) = world(way, account, time) else { continue };
                let lifetimes = world.state().lifetimes.clone();
                let policies = Policies { lifetimes, passwords: PasswordPolicy::default(), setup: world.setup() };
                let service = Service::new(sabotage(world.ports()), policies);
                let (why, work) = guess(&world, &service, way, account != "unknown", "wrong").await;
                cases += 1;
                let expected = expected.get_or_insert_with(|| work.clone());
                if work != *expected {
                    different.push(format!("{way}, {time}: {account} ({why}) takes {work:?}, not {expected:?}"));
                }
            }
        }
    }
    (different, cases)
}

#[tokio::test]
async fn tm1_every_wrong_guess_takes_the_same_work_whatever_the_account_is_like() {
    assert_eq!(differences(|ports| ports).await, (vec![], 5 * 3 * 6 + 3 * 3));
}

#[tokio::test]
async fn tm1_the_work_of_a_guess_is_that_of_one_comparison_with_what_it_stands_on() {
    let world = world("by login", "there", "usual").unwrap();
    let (_, work) = guess(&world, &world.service(), "by login", true, "wrong").await;
    let expected = ["find account", "charge login", "verify", "commit", "login of", "record authentication_failed"];
    assert_eq!(work, expected);
}

#[tokio::test]
async fn tm1_a_password_that_is_too_long_is_looked_up_nowhere() {
    let long = "x".repeat(Password::MAX_BYTES + 1);
    assert!(Password::parse(long.as_str()).is_err(), "no other way to log in can be given one");
    for known in [true, false] {
        let world = world("by form", "there", "usual").unwrap();
        let (why, work) = guess(&world, &world.service(), "by form", known, &long).await;
        assert_eq!((why.as_str(), work), ("WrongPassword", vec!["find client".to_owned(), "find form".to_owned()]));
    }
}

#[tokio::test]
async fn tm1_login_tokens_that_are_unknown_expired_or_spent_take_the_same_work() {
    let mut taken = Vec::new();
    for later in [0, 120] {
        let world = super::world("log_in_with_token");
        world.state().now = NOW.plus(secs(later));
        let typed = if later == 0 { "wrong" } else { "right" };
        assert_eq!(run(&world, "log_in_with_token", typed).await, Err("UnknownToken".to_owned()));
        taken.push((world.journal(), world.units()));
    }
    assert_eq!(taken[0], taken[1]);
}

/// Answers at once where there is nothing to compare with.
struct Skipping(Arc<dyn PasswordHasher>);

#[async_trait]
impl PasswordHasher for Skipping {
    async fn hash(&self, password: &Password, profile: HashProfile) -> Result<PasswordHash, HashError> {
        self.0.hash(password, profile).await
    }

    async fn verify(&self, password: &Password, against: Against) -> Result<Verdict, HashError> {
        match against {
            Against::Nothing(_) => Ok(Verdict::Wrong),
            Against::Stored(_) => self.0.verify(password, against).await,
        }
    }

    fn check(&self, hash: &PasswordHash) -> Result<(), UnusableHash> {
        self.0.check(hash)
    }
}

#[tokio::test]
async fn tm1_a_comparison_that_is_skipped_for_nobody_is_noticed() {
    let (different, _) = differences(|ports| Ports { hasher: Arc::new(Skipping(ports.hasher)), ..ports }).await;
    for account in ["unknown", "without a password", "unusable"] {
        assert!(different.iter().any(|case| case.contains(account)), "{account}: {different:?}");
    }
}
