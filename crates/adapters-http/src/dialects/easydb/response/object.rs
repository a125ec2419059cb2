//! The session object, in either edition.

use serde::Serialize;
use utoipa::ToSchema;
use vestibule_application::view::SessionView;
use vestibule_domain::{
    rights::{Right, RoleName},
    time::Timestamp,
    user::{User, UserId},
};

use crate::dialects::easydb::Easydb;

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct SessionObject<'a> {
    token: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authenticated: Option<Authenticated>,
    #[serde(skip_serializing_if = "Option::is_none")]
    system_rights: Option<Vec<&'a str>>,
    max_message_id: u64,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    more: Option<More<'a>>,
}

#[derive(Serialize, ToSchema)]
#[serde(untagged)]
pub(in crate::dialects::easydb) enum Authenticated {
    Whether(bool),
    How {
        method: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        timestamp: Option<String>,
    },
}

/// What the deployed edition tells besides.
#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct More<'a> {
    instance: Instance<'a>,
    authentication_methods: Vec<Method>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    #[schema(ignore)]
    owner: Option<Owner<'a>>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct Instance<'a> {
    name: &'a str,
    api_version: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct Method {
    method: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct Owner<'a> {
    current_max_message_id: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<UserObject<'a>>,
    groups: Vec<GroupObject<'a>>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct UserObject<'a> {
    user: UserFields<'a>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct UserFields<'a> {
    _id: u64,
    login: &'a str,
    displayname: &'a str,
    r#type: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct GroupObject<'a> {
    group: GroupFields<'a>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::dialects::easydb) struct GroupFields<'a> {
    name: &'a str,
}

impl<'a> SessionObject<'a> {
    pub(super) fn new(easydb: &'a Easydb, token: &'a str, view: &'a SessionView) -> Self {
        let is_authenticated = view.principal.is_authenticated();
        let rights = || view.rights.iter().map(Right::as_str).collect();
        if !easydb.wording.tells_more {
            let authenticated = Some(Authenticated::Whether(is_authenticated));
            let system_rights = Some(rights());
            return Self { token, authenticated, system_rights, max_message_id: view.latest_message, more: None };
        }
        let how = || Authenticated::How { method: "easydb", timestamp: view.session.authenticated.and_then(rfc3339) };
        Self {
            token,
            authenticated: is_authenticated.then(how),
            system_rights: is_authenticated.then(rights),
            max_message_id: view.latest_message,
            more: Some(More::new(easydb, view)),
        }
    }
}

impl<'a> More<'a> {
    fn new(easydb: &'a Easydb, view: &'a SessionView) -> Self {
        let name = easydb.context.site.public_url.host_str().unwrap_or_default();
        let anonymous = easydb.settings.anonymous.then_some("anonymous");
        let methods = ["easydb"].into_iter().chain(anonymous);
        let user = view.principal.user();
        let owner = || Owner {
            current_max_message_id: view.latest_message,
            user: user.map(UserObject::new),
            groups: user.into_iter().flat_map(|user| &user.roles).map(GroupObject::new).collect(),
        };
        Self {
            instance: Instance { name, api_version: "v1" },
            authentication_methods: methods.map(|method| Method { method }).collect(),
            owner: view.principal.is_authenticated().then(owner),
        }
    }
}

impl<'a> UserObject<'a> {
    fn new(user: &'a User) -> Self {
        let login = user.login.as_str();
        let displayname = user.profile.nickname.as_ref().map_or(login, |nickname| nickname.as_str());
        Self { user: UserFields { _id: number(user.id), login, displayname, r#type: "easydb" } }
    }
}

impl<'a> GroupObject<'a> {
    fn new(role: &'a RoleName) -> Self {
        Self { group: GroupFields { name: role.as_str() } }
    }
}

/// The user's identifier as a number that every client reads exactly: its lowest 53 bits.
fn number(id: UserId) -> u64 {
    id.as_uuid().as_u64_pair().1 & ((1 << 53) - 1)
}

fn rfc3339(at: Timestamp) -> Option<String> {
    jiff::Timestamp::from_millisecond(at.as_millis()).ok().map(|at| at.to_string())
}
