mod answers;
mod requests;

use std::time::Duration;

use vestibule_application::api::MockSessionApi;

use super::{Platformos, Settings};
use crate::{
    dialect::Context,
    testing::{Ask, TOKEN, context},
};

/// An API token.
const API_TOKEN: &str = "abcdabcd-0000-1111-2222-abcdabcdabcd";
const LOGIN: &str = r#"{"form_name":"reference_rest_api_create_sessions","form":{"email":"example1@example.com","password":"somepassword"}}"#;
const LOGOUT: &str = r#"{"form_name":"reference_rest_api_delete_sessions"}"#;

fn at(context: Context) -> Platformos {
    Platformos::new(
        context,
        Settings { cookie_name: "_pos_session".to_owned(), cookie_max_age: Duration::from_hours(720) },
    )
}

fn dialect(api: MockSessionApi) -> Platformos {
    at(context(api))
}

fn delete(target: &str) -> Ask {
    Ask::new("DELETE", target)
}

fn with_token(ask: Ask) -> Ask {
    ask.header("authorization", &format!("Token token={API_TOKEN}"))
}

/// An answer that is an error of one field.
fn told(status: u16, field: &str, message: &str) -> String {
    format!("{status}\ncontent-type: application/vnd.api+json\n\n{{\"errors\":{{\"{field}\":[\"{message}\"]}}}}")
}

/// The same, with `Retry-After`.
fn later(status: u16, message: &str, seconds: u16) -> String {
    told(status, "base", message).replacen("+json\n", &format!("+json\nretry-after: {seconds}\n"), 1)
}
