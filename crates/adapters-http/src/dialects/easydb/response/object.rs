//! The session object, in either edition.

use serde::Serialize;
use vestibule_application::view::SessionView;
use vestibule_domain::rights::Right;

use crate::dialects::easydb::Easydb;

#[derive(Serialize)]
pub(super) struct SessionObject<'a> {
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated: Option<Authenticated>,
    system_rights: Vec<&'a str>,
    max_message_id: u64,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Authenticated {
    Whether(bool),
    How { method: &'static str },
}

impl<'a> SessionObject<'a> {
    pub(super) fn new(easydb: &Easydb, token: &'a str, view: &'a SessionView) -> Self {
        let is_authenticated = view.principal.is_authenticated();
        let authenticated = if easydb.wording.tells_method {
            is_authenticated.then_some(Authenticated::How { method: "easydb" })
        } else {
            Some(Authenticated::Whether(is_authenticated))
        };
        let system_rights = view.rights.iter().map(Right::as_str).collect();
        Self { token, authenticated, system_rights, max_message_id: view.latest_message }
    }
}
