mod answers;
mod refusals;
mod requests;

use vestibule_application::api::MockSessionApi;

use super::{Dood, Settings};
use crate::{
    dialect::{Context, Edition},
    testing::{context, hardened},
};

const LOGIN: &str = "email=alice@example.com&password=secret";

/// The one key order of a session in an answer.
const SESSION: &str = "200
content-type: application/json

{\"code\":0,\"session_key\":\"c473472d-c085-4043-9bf0-ee80bff73d40\",\
\"data\":[{\"type\":\"APISession\",\"session_key\":\"c473472d-c085-4043-9bf0-ee80bff73d40\",\
\"id\":\"00000000-0000-0000-0000-000000005e55\",\"photo_server\":\"https://photos.test/\",\
\"category_version\":1330000000000}]}";

fn at(context: Context) -> Dood {
    let photo_server = "https://photos.test/".to_owned();
    Dood::new(context, Settings { photo_server, category_version: 1_330_000_000_000, ..Settings::default() })
}

fn faithful(api: MockSessionApi) -> Dood {
    at(context(api))
}

fn strict(api: MockSessionApi) -> Dood {
    at(hardened(api))
}

fn deployed(api: MockSessionApi) -> Dood {
    at(Context { edition: Edition::Deployed, ..context(api) })
}

/// An answer that says nothing but a code and a message.
fn told(status: u16, code: u8, message: &str) -> String {
    format!("{status}\ncontent-type: application/json\n\n{{\"code\":{code},\"message\":\"{message}\"}}")
}

/// The same, with `Retry-After`.
fn later(status: u16, code: u8, message: &str, seconds: u16) -> String {
    let answer = told(status, code, message);
    answer.replacen("json\n", &format!("json\nretry-after: {seconds}\n"), 1)
}
