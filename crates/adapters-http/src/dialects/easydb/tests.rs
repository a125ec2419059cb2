mod authenticate;
mod deployed;
mod session;

use vestibule_application::api::{MockAtHandApi, MockSessionApi};

use super::{Easydb, Settings, SetupOpenTo};
use crate::testing::{Answer, Ask, context};

const SESSION: &str = "/api/session";
const AUTHENTICATE: &str = "/api/session/authenticate";

fn settings() -> Settings {
    Settings { anonymous: true, ..Settings::default() }
}

fn faithful(api: MockSessionApi) -> Easydb {
    Easydb::new(context(api), settings())
}

/// What is answered without any use case being asked.
async fn refused(ask: Ask) -> Answer {
    ask.of(faithful(MockSessionApi::new())).await
}

/// The status and code of an error.
fn code(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

fn is(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}
