mod answers;
mod browsers;
mod refusals;
mod requests;

use std::{sync::Arc, time::Duration};

use uuid::Uuid;
use vestibule_application::{
    api::{MockAtHandApi, MockSessionApi},
    view::Principal,
};
use vestibule_domain::{
    node::{Node, NodeId, NodeName},
    time::Timestamp,
    user::{PersonName, Profile, TimeZoneName, User},
};

use super::{Settings, Vprotect};
use crate::{
    dialect::{Context, Edition},
    testing::{Ask, TOKEN, alice, context, hardened, now},
};

const LOGIN: &str = r#"{"login":"alice","password":"secret"}"#;
const GUID: &str = "f8f73bf9-2445-4bce-a7dd-753be3b40a67";

fn at(context: Context) -> Vprotect {
    let settings = Settings {
        cookie_name: "JSESSIONID".to_owned(),
        allowed_origins: vec!["https://app.test".to_owned()],
        cookie_max_age: Duration::from_hours(12),
    };
    Vprotect::new(context, settings)
}

fn documented(api: MockSessionApi) -> Vprotect {
    at(context(api))
}

fn strict(api: MockSessionApi) -> Vprotect {
    at(hardened(api))
}

fn deployed(api: MockSessionApi) -> Vprotect {
    at(Context { edition: Edition::Deployed, ..context(api) })
}

/// Alice with everything that can be told of her.
fn known_alice() -> User {
    User {
        last_successful_login: Some(Timestamp::from_millis(1_451_677_502_000)),
        last_failed_login: Some(Timestamp::from_millis(1_451_649_601_000)),
        time_zone: TimeZoneName::parse("Europe/Warsaw").unwrap(),
        profile: Profile {
            name: Some(PersonName::parse("Alice").unwrap()),
            surname: Some(PersonName::parse("Nowak").unwrap()),
            ..Profile::default()
        },
        ..alice()
    }
}

fn user() -> Principal {
    Principal::User(Arc::new(known_alice()))
}

fn node() -> Principal {
    Principal::Node(Node {
        id: NodeId::from_uuid(Uuid::parse_str(GUID).unwrap()),
        name: NodeName::parse("node-1").unwrap(),
        created: now(),
        last_successful_login: Some(now()),
        last_failed_login: None,
    })
}

/// An answer that is an error.
fn told(status: u16, code: &str, message: &str) -> String {
    format!("{status}\ncontent-type: application/json\n\n{{\"message\":\"{message}\",\"code\":\"{code}\"}}")
}

/// The same, with another header.
fn told_with(header: &str, status: u16, code: &str, message: &str) -> String {
    told(status, code, message).replacen("json\n", &format!("json\n{header}\n"), 1)
}

fn no_session() -> String {
    told(401, "no_session", "there is no live session in this request")
}

fn with_session(ask: Ask) -> Ask {
    ask.header("authorization", &format!("Bearer {TOKEN}"))
}
